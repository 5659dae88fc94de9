"""The course as an ordinary user: the same cluster, nothing of it needs root."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts import NoAccountError, delegate_ids
from tests.conftest import lacking
from tests.pocket import Account, Pocket, all_ended, place

LESSONS = Path(__file__).resolve().parents[2] / "labs" / "lessons"


@pytest.fixture(scope="module", params=["one id", "65536 ids"])
def users_cluster(ordinary_user: Account, request: pytest.FixtureRequest) -> Iterator[Pocket]:
    """Her running cluster, as an account has it by default and with newuidmap."""
    if ordinary_user.uid is not None:
        try:
            delegate_ids(ordinary_user, wanted=request.param != "one id")
        except NoAccountError as error:
            lacking(str(error))
    elif request.param != "one id":
        pytest.skip("the account that runs the tests is as it is")
    with place(ordinary_user) as pocket:
        pocket.labs("up")
        yield pocket


def test_three_nodes_are_ready_and_nothing_of_it_is_roots(users_cluster: Pocket) -> None:
    assert [node["ready"] for node in users_cluster.status()["nodes"]] == [True] * 3
    owners = {os.stat(f"/proc/{one.pid}").st_uid for one in users_cluster.processes()}
    assert 0 not in owners or os.geteuid() != 0 or users_cluster.account.uid is None, owners


def test_the_first_exercise_passes(users_cluster: Pocket) -> None:
    folder = users_cluster.folder / "files"
    folder.mkdir(mode=0o755)
    manifest = folder / "pod.yaml"
    manifest.write_text((LESSONS / "pod" / "hello" / "solution.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    users_cluster.labs("try", "pod/hello", str(manifest))
    users_cluster.labs("try", "pod/hello", str(folder / "none.yaml"), code=2)


def test_another_user_id_is_refused_by_name_or_works(users_cluster: Pocket) -> None:
    spec = '{"spec": {"securityContext": {"runAsUser": 1000, "fsGroup": 2000}}}'
    words = ("run", "other", "--image=python:3.10", "--restart=Never", f"--overrides={spec}", "--", "id")
    answer = users_cluster.run("kubectl", *words)
    if answer.returncode:
        assert "runAsUser 1000 cannot be had on this cluster" in answer.stderr
        assert "newuidmap" in answer.stderr
        return
    users_cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/other", "--timeout=60s")
    assert "uid=1000 gid=0(root) groups=0(root),2000" in users_cluster.kubectl("logs", "other")


def test_it_is_refused_exactly_where_there_is_one_id(users_cluster: Pocket, request: pytest.FixtureRequest) -> None:
    policies = users_cluster.kubectl("get", "validatingadmissionpolicies", "-o", "name")
    one_id = "one id" in request.node.name
    assert ("pocket-one-id" in policies) == one_id or users_cluster.account.uid is None


def test_doctor_knows_how_many_ids_there_are(users_cluster: Pocket, request: pytest.FixtureRequest) -> None:
    findings = json.loads(users_cluster.run("doctor", "--json").stdout)["findings"]
    found = next(one for one in findings if one["name"] == "newuidmap")
    assert found["ok"] == ("65536 ids" in request.node.name) or users_cluster.account.uid is None, found


def test_services_and_names_work_for_her_too(users_cluster: Pocket) -> None:
    code = "import socket; socket.create_connection(('kubernetes.default', 443), 10); print('connected')"
    users_cluster.kubectl("run", "calls", "--image=python:3.10", "--restart=Never", "--", "python", "-c", code)
    users_cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/calls", "--timeout=60s")
    assert "connected" in users_cluster.kubectl("logs", "calls")


def test_she_builds_an_image_and_runs_it_as_its_dockerfile_says(
    users_cluster: Pocket, request: pytest.FixtureRequest
) -> None:
    folder = users_cluster.folder / "image"
    folder.mkdir(mode=0o755)
    (folder / "word.txt").write_text("copied", encoding="utf-8")
    lines = ("FROM python:3.10", "WORKDIR /app", "RUN mkdir made && echo built > made/file", "COPY word.txt ./")
    say = 'CMD ["sh", "-c", "id -u; cat word.txt made/file"]'
    for tag, more in (("hers:1", ()), ("hers:2", ("USER 1000",))):
        (folder / "Dockerfile").write_text("\n".join((*lines, *more, say)), encoding="utf-8")
        users_cluster.labs("build", str(folder), "-t", tag)
        users_cluster.kubectl("run", tag.replace(":", "-"), f"--image={tag}", "--restart=Never")
    done = "--for=jsonpath={.status.phase}=Succeeded"
    users_cluster.kubectl("wait", done, "pod/hers-1", "--timeout=60s")
    assert users_cluster.kubectl("logs", "hers-1").split() == ["0", "copiedbuilt"]
    if "one id" not in request.node.name or users_cluster.account.uid is None:
        users_cluster.kubectl("wait", done, "pod/hers-2", "--timeout=60s")
        assert users_cluster.kubectl("logs", "hers-2").split() == ["1000", "copiedbuilt"]
        return
    waiting = "{.status.containerStatuses[0].state.waiting.reason}"
    users_cluster.kubectl("wait", f"--for=jsonpath={waiting}=CreateContainerError", "pod/hers-2", "--timeout=60s")
    said = users_cluster.kubectl("describe", "pod", "hers-2")
    assert "USER of the image: 1000 cannot be had" in said and "newuidmap" in said, said


def test_a_run_after_user_is_refused_with_its_line(users_cluster: Pocket) -> None:
    if os.geteuid() == 0 and users_cluster.account.uid is None:
        pytest.skip("root has every id")
    folder = users_cluster.folder / "late"
    folder.mkdir(mode=0o755)
    (folder / "Dockerfile").write_text("FROM python:3.10\nUSER 1000\nRUN id\n", encoding="utf-8")
    said = users_cluster.labs("build", str(folder), "-t", "late:1", code=1)
    assert "Line 3" in said and "put this RUN before the USER" in said, said


def test_down_leaves_no_process(users_cluster: Pocket) -> None:
    processes = users_cluster.processes()
    users_cluster.labs("down")
    assert all_ended(processes)
