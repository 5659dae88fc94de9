"""Every exercise of the course on a real cluster, and `labs try` from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labs.course import catalogue, find, prove, try_files
from labs.errors import UsageError
from labs.kube import Client
from tests.pocket import Pocket

IDS = [exercise.id for exercise in catalogue().exercises()]
ARTICLE = """\
apiVersion: v1
kind: Pod
metadata:
  name: test-ml-pod
spec:
  containers:
    - name: ml-script
      image: python:3.10
      command: ["python", "-c", "print('Hello from K8s')"]
"""


class Lines:
    """What a try says."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.results: list[Mapping[str, Any]] = []

    def line(self, text: str = "") -> None:
        self.lines.append(text)

    def result(self, value: Mapping[str, Any]) -> None:
        self.results.append(value)


def attempt(client: Client, folder: Path, *texts: str, exercise: str = "pod/hello") -> tuple[int, str]:
    """Exit code and words of a try of these texts."""
    said, files = Lines(), []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.yaml")
        files[-1].write_text(text)
    report = try_files(client, find(exercise), files, said)
    assert said.results[0]["passed"] is (report.exit_code == 0)
    return report.exit_code, "\n".join(said.lines)


def tried(client: Client) -> list[str]:
    return [each["metadata"]["name"] for each in client.list("Namespace") if "-try-" in each["metadata"]["name"]]


@pytest.fixture(scope="module")
def proofs(client: Client, cluster: Pocket, request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """What was judged wrongly, for each exercise that is asked for: all of them at once, because most of it is waiting."""
    chosen = [ident for ident in IDS if any(f"[{ident}]" in item.name for item in request.session.items)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            if name.startswith("LABS_"):
                patch.setenv(name, value)
        found = prove(client, chosen)
    return {ident: [str(each) for each in found if each.exercise == ident and each.problem] for ident in chosen}


@pytest.mark.timeout(3600)  # the first of them proves all
@pytest.mark.parametrize("ident", IDS)
def test_right_answers_pass_and_wrong_ones_fail_with_their_message(proofs: dict[str, list[str]], ident: str) -> None:
    assert not proofs[ident], "\n".join(proofs[ident])


def test_the_articles_pod_passes_and_leaves_nothing_behind(client: Client, tmp_path: Path) -> None:
    code, words = attempt(client, tmp_path, ARTICLE)
    assert code == 0, words
    assert tried(client) == []


def test_files_are_applied_in_their_order(client: Client, tmp_path: Path) -> None:
    other = ARTICLE.replace("test-ml-pod", "other").replace("print(", "import time; time.sleep(600); print(")
    code, words = attempt(client, tmp_path, other, ARTICLE)
    assert code == 0, words


def test_a_refusal_of_the_api_server_is_a_failure_with_its_words(client: Client, tmp_path: Path) -> None:
    code, words = attempt(client, tmp_path, ARTICLE.replace("command:", "comand:"))
    assert code == 1
    assert "comand" in words


def test_a_kind_that_is_not_there_is_a_failure(client: Client, tmp_path: Path) -> None:
    assert attempt(client, tmp_path, ARTICLE.replace("kind: Pod", "kind: Pot"))[0] == 1


def test_the_exercises_own_namespace_may_be_named(client: Client, tmp_path: Path) -> None:
    code, words = attempt(client, tmp_path, ARTICLE.replace("metadata:", "metadata:\n  namespace: labs-pod-hello"))
    assert code == 0, words


def test_another_namespace_is_refused_with_its_line(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 4: namespace default"):
        attempt(client, tmp_path, ARTICLE.replace("metadata:", "metadata:\n  namespace: default"))


@pytest.mark.parametrize("text", ["a: [1\n", "a: 1\na: 2\n"])
def test_a_file_that_is_no_yaml_cannot_be_read(client: Client, tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="line "):
        attempt(client, tmp_path, text)


def test_objects_without_a_namespace_are_removed(client: Client, tmp_path: Path) -> None:
    extra = "apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: labs-left-behind\nspec:\n"
    extra += "  capacity: {storage: 1Mi}\n  accessModes: [ReadWriteOnce]\n  hostPath: {path: /tmp/x}\n"
    code, words = attempt(client, tmp_path, f"{extra}---\n{ARTICLE}")
    assert code == 0, words
    assert client.get("PersistentVolume", "labs-left-behind") is None
