"""`labs.course`'s grader behind the protocol that the workbench uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labs import course
from labs.cluster.why import Explanation, explain, read_snapshot
from labs.course import fleets
from labs.course.addresses import address_of
from labs.course.grader import Grader
from labs.kube import Reflector
from labs.ui.ports import GraderLike
from labs.ui.store import Json


class RealCourse:
    """Grades with `labs.course` against a real cluster."""

    def grader(self, client: Any, exercise: Any, namespace: str) -> GraderLike:
        """A grader that has not started yet."""
        return Grader(client, exercise, namespace)

    def nodes(self, client: Any, tell: Callable[[Sequence[Json]], None]) -> Callable[[], None]:
        """Tell the nodes, now and whenever one changes; the answer ends it."""
        reflector: Any = Reflector(client, ("v1/Node",), "", lambda: tell(reflector.objects().get("Node", ())))
        reflector.start()
        return lambda: reflector.stop()

    def urls(self, namespace: str, services: Sequence[Json]) -> Mapping[str, str]:
        """Where each Service opens on this machine, by its name; those without an address are left out."""
        found: dict[str, str] = {}
        for service in services:
            for port in (service.get("spec") or {}).get("ports") or ():
                name = str(service["metadata"]["name"])
                if name not in found and (address := address_of(namespace, name, int(port["port"]))):
                    found[name] = f"http://{address[0]}:{address[1]}"
        return found

    def why(self, client: Any, pod: Json) -> Explanation:
        """What keeps a Pod from each node."""
        return explain(dict(pod), read_snapshot(client, dict(pod)))

    def prepare(self, exercise: Any) -> None:
        """Build the images that the exercise needs and that are not there yet."""
        course.prepare([exercise])

    def give(self, client: Any, exercise: Any, namespace: str) -> None:
        """Put into a fresh namespace what the exercise gives."""
        course.give(client, exercise, namespace)

    def cards_there(self, client: Any, exercise: Any, namespace: str) -> bool:
        """Whether the nodes have the exercise's cards, and no other exercise holds any."""
        return fleets.is_there(client, exercise, namespace)

    def cards_held(self, client: Any, namespace: str) -> bool:
        """Whether Pods of other exercises hold cards."""
        return bool(fleets.holders(client, namespace))

    def take_cards(self, client: Any, exercise: Any, namespace: str, waiting: Callable[[str], None]) -> None:
        """Let the nodes have the exercise's cards; `waiting` is told while another process has its turn, and may raise."""
        with fleets.turn(waiting):
            fleets.put(client, exercise, namespace)
