"""The widget of one exercise: display traits in, messages out; everything else is the session's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import traitlets

from labs.ui import dispatcher
from labs.ui.session import Session
from labs.ui.views.page import CALM, VIEWS, Place
from labs.ui.widget import LabWidget


def _shown(kind: type[traitlets.TraitType[Any, Any]]) -> Any:
    return kind().tag(sync=True)


class Workbench(LabWidget):
    """Shows one `Session`. Only the dispatcher writes its traits."""

    kind = "workbench"
    exercise = _shown(traitlets.Dict)
    cluster = _shown(traitlets.Dict)
    doc = _shown(traitlets.Dict)
    diagnostics = _shown(traitlets.Dict)
    form = _shown(traitlets.Dict)
    status = _shown(traitlets.Dict)
    busy = _shown(traitlets.Dict)
    notice = _shown(traitlets.Dict)
    preview = _shown(traitlets.Dict)
    verdicts = _shown(traitlets.List)
    hints = _shown(traitlets.Dict)
    debrief = _shown(traitlets.Unicode)
    world = _shown(traitlets.Dict)
    apps = _shown(traitlets.Dict)
    counter = _shown(traitlets.Dict)
    focus = _shown(traitlets.Dict)
    why = _shown(traitlets.Dict)
    table = _shown(traitlets.Dict)
    log = _shown(traitlets.Dict)
    events = _shown(traitlets.List)
    describe = _shown(traitlets.Unicode)
    held = _shown(traitlets.Dict)
    words = _shown(traitlets.List)
    commands = _shown(traitlets.Dict)

    def __init__(self, session: Session, updates: dispatcher.Dispatcher = dispatcher.shared) -> None:
        self.session = session
        self._updates = updates
        self._place = Place(session.exercise, session.namespace, session.name, session.memory.manifest)
        self.refreshed_at = time.monotonic()
        self.what = f"the workbench of `{session.exercise.id}`"
        state = session.store.get()
        super().__init__(**{view.trait: view.make(self._place, state) for view in VIEWS})
        session.store.listen(self._changed)

    def _changed(self, names: frozenset[str]) -> None:
        if calm := names & CALM:
            self._updates.mark(self, calm, urgent=False)
        if urgent := names - CALM:
            self._updates.mark(self, urgent, urgent=True)

    def refresh(self, names: frozenset[str]) -> None:
        """Write the traits that depend on `names`; called by the dispatcher."""
        state = self.session.store.get()
        for view in VIEWS:
            if view.needs & names:
                setattr(self, view.trait, view.make(self._place, state))
        self.refreshed_at = time.monotonic()

    def receive(self, content: Mapping[str, Any]) -> None:
        """A message of the page."""
        self.session.handle(content)

    def close(self) -> None:
        """End the session with the widget."""
        self._updates.forget(self)
        self.session.close()
        super().close()
