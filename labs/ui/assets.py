"""The shared assets: one bundle that draws every widget, sent to a page once."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from threading import Lock

import anywidget
import traitlets

_lock = Lock()
_sent: dict[str, Assets] = {}


@cache
def bundle_text() -> str:
    """The JavaScript of all widgets, CodeMirror and style included, as ``labs/ui/js`` builds it."""
    return files("labs.ui").joinpath("static/assets.js").read_text(encoding="utf-8")


@cache
def bundle_hash() -> str:
    """Content hash of the bundle: the key under which loaders find it on a page."""
    return hashlib.sha256(bundle_text().encode()).hexdigest()[:16]


@cache
def loader_text(kind: str) -> str:
    """The small module that a widget of ``kind`` carries; it waits for the bundle and lets it draw."""
    text = files("labs.ui").joinpath("static/loader.js").read_text(encoding="utf-8")
    return text.replace("__ASSETS_HASH__", bundle_hash()).replace("__WIDGET_KIND__", kind)


class Assets(anywidget.AnyWidget):
    """Carries the bundle to the page; never displayed."""

    _esm = bundle_text()
    hash = traitlets.Unicode(bundle_hash()).tag(sync=True)


def send_assets() -> Assets:
    """Makes sure that this kernel's pages have the bundle; the same object on every call."""
    with _lock:
        key = bundle_hash()
        if key not in _sent:
            _sent[key] = Assets()
        return _sent[key]
