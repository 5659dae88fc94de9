"""What all our widgets share: the loader, an error boundary around handlers, words for a view without a kernel."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import anywidget
from IPython.display import publish_display_data

from labs.ui.assets import loader_text, send_assets

log = logging.getLogger(__name__)
WITHOUT_KERNEL = (
    "Here was {what}. Run this cell again to bring it back (Shift+Enter; when JupyterLab asks for a kernel, choose "
    "Python 3): what you typed, your hints and your checks are saved."
)


class LabWidget(anywidget.AnyWidget):
    """Base of the widgets; `kind` names what the bundle draws."""

    kind = ""
    what = "a part of the lesson"

    def __init__(self, **traits: Any) -> None:
        send_assets()
        super().__init__(_esm=loader_text(self.kind), **traits)
        self.on_msg(self._received)

    def receive(self, content: Mapping[str, Any]) -> None:
        """A message of the page; runs on the comm thread, so it must return at once."""
        raise NotImplementedError

    def _received(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if not isinstance(content, Mapping):
            return
        try:
            self.receive(content)
        except Exception:
            log.exception("handling a message of %s", self.kind)

    def _ipython_display_(self) -> None:
        """The widget, and below it the line that a saved notebook shows instead; the page hides it while we live."""
        words = WITHOUT_KERNEL.format(what=self.what)
        bundle: Any = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        publish_display_data({**(data or {}), "text/plain": words}, metadata)
        publish_display_data({"text/markdown": words, "text/plain": words})
