"""What all our widgets share: the loader, an error boundary around handlers, words for a view without a kernel."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import anywidget

from labs.ui.assets import loader_text, send_assets

log = logging.getLogger(__name__)


class LabWidget(anywidget.AnyWidget):
    """Base of the widgets; `kind` names what the bundle draws."""

    kind = ""
    without_kernel = "Run this cell again."

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

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"] = self.without_kernel
        return bundle
