"""What the buttons do, each in a job of its own: apply, preview, delete, start over."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from labs.errors import LabsError, ManifestError, NotRunning
from labs.ui import drafts, foreign
from labs.ui.drafts import Draft
from labs.ui.jobs import Token
from labs.ui.store import Applied, Json, Notice, Problem
from labs.ui.views.difference import object_difference
from labs.ui.views.status import identity, live_object

if TYPE_CHECKING:
    from labs.ui.session import Session

GRACE_SECONDS = 1
CONFLICT = 409


class Acting:
    """The actions of one session; each waits for the API server and raises LabsError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def perform(self, name: str, token: Token) -> None:
        """Run the action `name`."""
        if name != "reset":
            self._session.store.update(action="apply" if name == "overwrite" else name)
        {
            "apply": self.apply,
            "overwrite": lambda t: self.apply(t, force=True),
            "recreate": self.recreate,
            "preview": self.preview,
            "delete": self.delete,
            "reset": self.reset,
        }[name](token)

    def apply(self, token: Token, *, force: bool = False) -> None:
        """Apply the text; says first when it would undo someone else's change."""
        client, draft = self._client(), self._sound_draft()
        if not force and (notice := self._overwrites(client)) is not None:
            self._session.store.update(notice=notice)
            return
        self._await_start(client)
        self._session.cards.ensure(client, token)
        for obj in draft.objects:
            token.check()
            try:
                answer = client.apply(obj, self._session.namespace, force=force)
            except LabsError as error:
                if getattr(error, "code", None) == CONFLICT:
                    self._session.store.update(notice=foreign.conflict_notice(error))
                    return
                if not self._refused(draft, obj, error):
                    raise
                return
            self._applied(draft, obj, answer)

    def recreate(self, token: Token) -> None:
        """Delete the living objects of the text and apply it again."""
        client, draft = self._client(), self._sound_draft()
        for obj in draft.objects:
            client.delete(self._placed(obj), grace=GRACE_SECONDS, wait=True)
        token.check()
        self._session.store.update(applied=())
        self.apply(token, force=True)

    def preview(self, token: Token) -> None:
        """Show what an apply would change in the cluster."""
        client, draft = self._client(), self._sound_draft()
        found: list[Json] = []
        for obj in draft.objects:
            answer = client.preview(obj, self._session.namespace)
            token.check()
            if answer.status:
                self._publish_refusal(draft, obj, answer.status)
                return
            found.append(object_difference(answer.live, answer.merged or obj))
        same = all(one["state"] == "same" for one in found)
        title = "Applying would change nothing." if same else "Applying would change this:"
        self._session.store.update(preview_title=title, preview=tuple(found))

    def delete(self, token: Token) -> None:
        """Delete the objects that the text names."""
        client = self._client()
        state = self._session.store.get()
        live = live_object(state)
        draft = self._session.checking.draft(state.text)
        targets: list[Json] = [self._placed(o) for o in draft.objects] or ([live] if live else [])
        if not targets:
            raise ManifestError(
                what="There is nothing to delete.",
                why="The text names no object.",
                next_step="Write its kind and name.",
            )
        for obj in targets:
            client.delete(obj)
        names = ", ".join(f"`{obj['metadata']['name']}`" for obj in targets)
        why = "A Pod has its grace period (30 seconds by default) to end."
        self._session.store.update(notice=Notice("info", f"Asked to delete {names}.", why))

    def reset(self, token: Token) -> None:
        """Back to the starter text and an empty namespace."""
        session = self._session
        session.replace_text(lambda text: session.exercise.starter)
        session.store.update(applied=(), action="apply", notice=None)
        if session.client is not None:
            session.watching.restart_fresh(session.client)

    def _client(self) -> Any:
        if self._session.client is None:
            view = self._session.store.get().cluster
            raise NotRunning(
                what="There is no cluster to ask", why=view.words, next_step=view.next_step or "Wait until it is ready"
            )
        return self._session.client

    def _sound_draft(self) -> Draft:
        state = self._session.store.get()
        draft = self._session.checking.draft(state.text)
        errors = [p for p in draft.problems if p.severity == "error"]
        if errors:
            where = "line " + ", ".join(str(n) for n in sorted({p.line for p in errors}))
            raise ManifestError(
                what="Nothing was applied: the manifest has a problem",
                why=f"{errors[0].message} ({where})",
                next_step="See the marked line",
            )
        if not draft.objects:
            raise ManifestError(
                what="Nothing was applied: the manifest is empty", next_step="Write it, or press Start over"
            )
        return draft

    def _placed(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        return {**obj, "metadata": {**(obj.get("metadata") or {}), "namespace": self._session.namespace}}

    def _await_start(self, client: Any) -> None:
        """Until images are built and what the exercise gives is there, and say so while it lasts."""
        store, words = self._session.store, self._session.store.get().busy_words
        if not self._session.watching.wait_started(0):
            store.update(busy_words="Getting ready what the exercise needs…")
            self._session.watching.ensure_started(client)
            store.change(lambda s: {"busy_words": words} if s.busy else {})

    def _overwrites(self, client: Any) -> Notice | None:
        for last in self._session.store.get().applied:
            live = client.get(_kind(last.obj), last.obj["metadata"]["name"], self._session.namespace)
            if live and (notice := foreign.overwrite_notice(last.obj, live, last.data)):
                return notice
        return None

    def _applied(self, draft: Draft, obj: Json, answer: Any) -> None:
        done = Applied(draft.text, time.strftime("%H:%M:%S"), dict(answer.obj), dict(obj))
        warnings = "\n\n".join(map(str, answer.warnings))
        name = f"{obj.get('kind', '')} `{answer.obj['metadata']['name']}`"
        notice = (
            Notice("warn", f"Applied, with a warning from the API server: {name} {answer.result}.", warnings)
            if warnings
            else None
        )
        self._session.store.change(
            lambda s: {
                "problems": draft.problems if s.text == draft.text else s.problems,
                "applied": in_order(draft, (*(a for a in s.applied if a.text == draft.text), done)),
                "notice": notice,
            }
        )
        self._session.watching.applied()
        self._session.save_soon()

    def _refused(self, draft: Draft, obj: Json, error: LabsError) -> bool:
        """Show a refusal of the API server at its lines; False when the error is none."""
        status = getattr(error, "status", None)
        if not isinstance(status, Mapping) or not status:
            return False
        problems = self._publish_refusal(draft, obj, status)
        self._session.store.update(notice=refusal_notice(problems))
        return True

    def _publish_refusal(self, draft: Draft, obj: Json, status: Json) -> tuple[Problem, ...]:
        problems = drafts.refused(draft, obj, status)
        self._session.store.change(
            lambda s: {"problems": problems, "problems_version": s.version} if s.text == draft.text else {}
        )
        return problems


def in_order(draft: Draft, applied: Iterable[Applied]) -> tuple[Applied, ...]:
    """One entry for each object of the draft that was applied, the latest, in the order of the text."""
    latest = {identity(a.data): a for a in applied}
    return tuple(latest[key] for obj in draft.objects if (key := identity(obj)) in latest)


def _kind(obj: Json) -> str:
    return (
        f"{obj.get('apiVersion', 'v1')}/{obj.get('kind', '')}"
        if "/" in str(obj.get("apiVersion", ""))
        else str(obj.get("kind", ""))
    )


def refusal_notice(problems: tuple[Problem, ...]) -> Notice:
    """The API server's refusal in a sentence, with the way out when there is one."""
    first = problems[0] if problems else Problem("", "error", "", 1, 0, 0)
    what = f"The API server refused it, line {first.line}: {first.message}"
    return Notice("error", what, first.why, first.next_step, first.actions)
