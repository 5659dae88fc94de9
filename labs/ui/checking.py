"""Diagnostics while typing: the local ones at once, the API server's when the text is locally clean."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from labs import manifest
from labs.errors import LabsError
from labs.ui import drafts, jobs
from labs.ui.drafts import Draft
from labs.ui.forms import fields_for
from labs.ui.store import Json
from labs.ui.vocabulary import vocabulary

if TYPE_CHECKING:
    from labs.ui.session import Session

DRY_RUN_SECONDS = 0.3


class Checking:
    """Reads the text of one session; results for an older version are dropped."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[Json, ...]] = {}
        self._dry_run = jobs.Later(DRY_RUN_SECONDS, self._ask_server, restart=True)

    def draft(self, text: str) -> Draft:
        """One reading of `text` with the schema of the cluster, when it is known."""
        session = self._session
        return drafts.read(text, schema=self._schema(), namespace=session.namespace, single=session.single)

    def now(self) -> None:
        """Read the present text and publish what is wrong with it."""
        with self._lock:
            state = self._session.store.get()
            draft = self.draft(state.text)
            self._publish(state.version, draft, draft.nearest(state.document))
        if draft.broken or not draft.objects:
            self._dry_run.cancel()
        elif self._session.client is not None and state.text != self._last_applied():
            self._dry_run.call()

    def choose(self, index: int) -> None:
        """Show another document in the form."""
        self._session.store.change(lambda s: {"document": index} if 0 <= index < len(s.documents) else {})
        self.now()

    def set_field(self, text: str, index: int, path: str, shown: str) -> str:
        """The text after a change in the form; an empty control takes the field away. Raises ManifestError."""
        fields = self._fields(self.draft(text), index)
        spec = next((f for f in fields if f.path == path), None)
        return text if spec is None else manifest.set_field(text, spec, shown, index)

    def _fields(self, draft: Draft, index: int) -> tuple[manifest.FieldSpec, ...]:
        session = self._session
        return fields_for(session.exercise.form, draft.document(index)[1], session.home)

    def _schema(self) -> Any:
        client = self._session.client
        try:
            return client.schema() if client is not None else None
        except LabsError:
            return None

    def _words(self, gvk: tuple[str, str]) -> tuple[Json, ...]:
        if gvk not in self._known and (schema := self._schema()) is not None:
            self._known[gvk] = vocabulary(schema, gvk)
        return self._known.get(gvk, ())

    def _last_applied(self) -> str | None:
        applied = self._session.store.get().applied
        return applied[-1].text if applied else None

    def _publish(self, version: int, draft: Draft, index: int) -> None:
        api_version, kind, name = draft.document(index)
        news = {
            "problems": draft.problems,
            "problems_version": version,
            "form": drafts.form_of(draft, index, self._fields(draft, index), self._schema()),
            "documents": draft.outline,
            "document": index,
            "draft_name": name,
            "draft_kind": kind,
            "words": self._words((api_version, kind)),
        }
        self._session.store.change(lambda s: news if version == s.version else {})

    def _ask_server(self) -> None:
        state = self._session.store.get()
        client = self._session.client
        draft = self.draft(state.text)
        if client is None or draft.broken:
            return
        problems = list(draft.problems)
        for obj in draft.objects:
            try:
                answer = client.dry_run_create(obj, self._session.namespace)
            except LabsError:
                return
            if answer.status or answer.warnings:
                problems += drafts.refused(draft, obj, answer.status or {}, answer.warnings)
        self._session.store.change(lambda s: {"problems": tuple(problems)} if state.version == s.version else {})
