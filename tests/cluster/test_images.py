"""Images on the pocket cluster: built from a Dockerfile, run as it says, pulled as the policy says. No RUN here needs a network."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from labs.kube import Client
from tests.cluster.pods import Json, container, ended, pod, said, seen
from tests.cluster.registry import registry
from tests.pocket import Pocket

BASE = """
    FROM python:3.10
    WORKDIR /app
    RUN mkdir -p /usr/local/share/x && echo made > /usr/local/share/x/made && echo one >> /app/log
"""


def built(cluster: Pocket, folder: Path, tag: str, text: str, *words: str, code: int = 0) -> str:
    """Build a Dockerfile with this text; returns what was said."""
    (folder / "Dockerfile").write_text(textwrap.dedent(text), encoding="utf-8")
    return cluster.labs("build", str(folder), "-t", tag, *words, code=code)


def run(image: str, name: str = "one", **more: object) -> Json:
    """A Pod with this image that says for itself what it runs."""
    one = container(name="main", image=image, **more)
    if not one["command"]:
        del one["command"]
    return pod(name, one)


def waiting(client: Client, namespace: str, obj: Json, reason: str) -> str:
    """The message with which the kubelet waits for this reason."""
    client.apply(obj, namespace)

    def holds(one: Json) -> bool:
        statuses = one["status"].get("containerStatuses") or []
        return any((each["state"].get("waiting") or {}).get("reason") == reason for each in statuses)

    one = seen(client, namespace, obj["metadata"]["name"], holds, reason)
    return str(one["status"]["containerStatuses"][0]["state"]["waiting"]["message"])


def test_it_runs_as_its_dockerfile_says(cluster: Pocket, client: Client, namespace: str, tmp_path: Path) -> None:
    (tmp_path / "word.txt").write_text("copied\n", encoding="utf-8")
    text = (
        BASE
        + """
    ARG WHO=nobody
    ENV GREETING="hello $WHO"
    COPY word.txt ./
    RUN echo two >> log
    ENTRYPOINT ["sh", "-c", "echo $GREETING; pwd; cat word.txt log /usr/local/share/x/made; echo $0"]
    CMD ["from CMD"]
    """
    )
    built(cluster, tmp_path, "first:1", text, "--build-arg", "WHO=you")
    last = ended(client, namespace, run("first:1"))
    assert said(cluster, namespace, "one").splitlines() == [
        "hello you", "/app", "copied", "one", "two", "made", "from CMD",
    ]  # fmt: skip
    ended(client, namespace, run("first:1", "args", args=["from args"]))
    assert said(cluster, namespace, "args").splitlines()[-1] == "from args"
    ended(client, namespace, pod("command", container("echo", "from command", image="first:1")))
    assert said(cluster, namespace, "command").splitlines() == ["from command"]
    listed = json.loads(cluster.labs("images", "--json"))["images"]
    mine = next(each for each in listed if each["name"] == "first:1")
    assert mine["origin"] == "built" and mine["size"] > 0
    assert last["status"]["containerStatuses"][0]["imageID"].endswith(mine["digest"])


def test_a_container_changes_its_own_files_only(
    cluster: Pocket, client: Client, namespace: str, tmp_path: Path
) -> None:
    built(cluster, tmp_path, "own:1", BASE)
    for name in ("one", "two"):
        ended(
            client, namespace, pod(name, container("sh", "-c", "cat log; echo changed > log; cat log", image="own:1"))
        )
        assert said(cluster, namespace, name).split() == ["one", "changed"]


def test_a_stage_gives_files_and_a_second_build_is_short(cluster: Pocket, tmp_path: Path) -> None:
    text = (
        BASE.replace("python:3.10", "python:3.10 AS made")
        + """
    FROM busybox
    COPY --from=made /app/log /usr/local/share/x/made /got/
    CMD ["cat", "/got/log"]
    """
    )
    assert "Built stages:1" in built(cluster, tmp_path, "stages:1", text)
    digest = cluster.labs("images", "--json")
    assert "running" not in built(cluster, tmp_path, "stages:1", text, "--json"), "a RUN was run again"
    assert cluster.labs("images", "--json") == digest


def test_what_cannot_be_built_is_named_with_its_line(cluster: Pocket, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc/hostname")
    for text, words in {
        "FROM python:3.10\nADD a b": ("Line 2", "ADD is not supported"),
        "FROM python:3.10\nRUN echo before; exit 3": ("Line 2", "exit code 3", "before"),
        "FROM python:3.10\nCOPY ../x /": ("Line 2", "outside of the build context"),
        "FROM python:3.10\nCOPY out /": ("Line 2", "outside of the build context"),
        "FROM python:3.10\nCOPY none /": ("Line 2", "there is no such file"),
        "FROM python:3.10\nCOPY Dockerfile /usr/bin/": ("Line 2", "only /usr/local can"),
        "FROM unknown:1": ("Line 1", 'no image "unknown:1"'),
    }.items():
        answer = built(cluster, tmp_path, "wrong:1", text, code=1)
        assert all(word in answer for word in words), answer
    assert "wrong:1" not in cluster.labs("images")


def test_the_policy_always_asks_a_registry(cluster: Pocket, client: Client, namespace: str, tmp_path: Path) -> None:
    built(cluster, tmp_path, "local:latest", BASE)
    message = waiting(client, namespace, run("local:latest"), "ErrImagePull")
    assert "imagePullPolicy Always" in message
    ended(client, namespace, pod("present", container("true", image="local", imagePullPolicy="IfNotPresent")))
    assert "nowhere:1" in waiting(
        client, namespace, run("nowhere:1", "never", imagePullPolicy="Never"), "ErrImageNeverPull"
    )


def test_an_image_is_pulled_where_its_registry_answers(
    cluster: Pocket, client: Client, namespace: str, engine: Path
) -> None:
    with registry(engine / "pocket") as image:
        ended(client, namespace, run(image))
        assert "v1." in said(cluster, namespace, "one")
        assert f"{image}  " in cluster.labs("images") and "pulled" in cluster.labs("images")
    message = waiting(client, namespace, run(image, "again", imagePullPolicy="Always"), "ErrImagePull")
    assert "no registry can be reached" in message
