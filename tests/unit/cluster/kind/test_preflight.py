"""Known failures of kind are found before they bite: from our own machine's words and from recorded ones."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.kind import preflight
from labs.cluster.kind.containers import ContainerEngine, failure, read_info
from labs.cluster.kind.preflight import Facts, judge, read_routes
from labs.cluster.model import Finding
from labs.errors import ClusterError
from tests.unit.cluster.kind import recorded

GOOD = Facts(
    instances=512, watches=524288, disk=50 * 10**9, kind="/usr/local/bin/kind", image="kindest/node:v1.37.0@sha256:1"
)


def engine(info: dict[str, Any]) -> ContainerEngine:
    return read_info("/usr/bin/docker", "docker", info)


def bad(info: dict[str, Any], facts: Facts = GOOD) -> dict[str, Finding]:
    return {one.name.removeprefix("kind: "): one for one in judge(engine(info), facts) if not one.ok}


def test_a_good_machine_has_nothing_to_complain_about() -> None:
    assert not bad(recorded.HERE)


def test_cgroup_v1_is_a_note_because_the_kubelet_is_told_to_accept_it() -> None:
    found = next(one for one in judge(engine(recorded.HERE), GOOD) if one.name == "kind: cgroups")
    assert found.ok and "failCgroupV1" in found.found


@pytest.mark.parametrize(
    ("info", "words"), [(recorded.ROOTLESS_V1, "cgroup v1"), (recorded.ROOTLESS_PODMAN, "without delegated")]
)
def test_rootless_engines_that_cannot_work(info: dict[str, Any], words: str) -> None:
    found = bad(info)["cgroups"]
    assert found.required and words in found.found and "rootless" in found.next_step


def test_podman_is_recognised_by_its_own_words() -> None:
    found = engine(recorded.ROOTLESS_PODMAN)
    assert (found.name, found.version, found.cpus, found.cgroup) == ("podman", "5.4.2", 8, 2)


def test_small_docker_desktop_is_sent_to_its_settings() -> None:
    found = bad(recorded.DESKTOP_WSL2)["memory"]
    assert found.required and "1.5 GiB" in found.found and "Docker Desktop" in found.next_step


def test_containerd_image_store_is_named() -> None:
    names = [one.name for one in judge(engine(recorded.CONTAINERD_STORE), GOOD)]
    assert "kind: image store" in names


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        (replace(GOOD, instances=64), "inotify", "fs.inotify.max_user_instances=512"),
        (replace(GOOD, disk=10**9), "disk", "docker system df"),
        (replace(GOOD, proxy="http://127.0.0.1:3128"), "proxy", "HTTPS_PROXY"),
        (replace(GOOD, stale_lock=True), "left-overs", "labs down"),
        (replace(GOOD, half_made="a half-made cluster: x"), "left-overs", "labs up"),
        (replace(GOOD, kind="", kind_can_be_had=False), "program", "go install sigs.k8s.io/kind@"),
        (replace(GOOD, image_is_here=False), "node image", "docker load"),
    ],
)
def test_each_failure_has_its_remedy(facts: Facts, name: str, words: str) -> None:
    found = bad(recorded.HERE, facts)
    assert list(found) == [name]
    assert found[name].why and words in found[name].next_step


def test_a_proxy_on_another_machine_is_fine() -> None:
    assert not bad(recorded.HERE, replace(GOOD, proxy="http://proxy.example:3128"))


ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0100A8C0	0003	0	0	0	00000000	0	0	0
tun0	000010AC	00000000	0001	0	0	0	0000F0FF	0	0	0
br-1	000012AC	00000000	0001	0	0	0	0000FFFF	0	0	0
"""


def test_vpn_that_covers_the_engines_network() -> None:
    routes = read_routes(ROUTES)
    assert routes["tun0"] == (IPv4Network("172.16.0.0/12"),) and "eth0" not in routes
    facts = replace(GOOD, routes=routes, subnets=(IPv4Network("172.18.0.0/16"),))
    assert "tun0 overlaps 172.18.0.0/16" in bad(recorded.HERE, facts)["network"].found
    assert not bad(recorded.HERE, replace(facts, routes={"br-1": routes["br-1"]}))


@pytest.mark.parametrize(("said", "what"), [(recorded.STOPPED, "does not run"), (recorded.FORBIDDEN, "may not use")])
def test_engine_that_does_not_answer(said: str, what: str) -> None:
    error = failure("docker", ["info"], said)
    assert what in error.what and error.why and "pocket" in error.next_step


def test_start_is_refused_with_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "gather", lambda engine: replace(GOOD, disk=10**9, kind="", kind_can_be_had=False))
    with pytest.raises(ClusterError) as caught:
        preflight.preflight(engine(recorded.HERE), 3)
    assert "kind is missing" in caught.value.what and "1.0 GB free" in caught.value.what


def test_no_engine_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = preflight.examine()
    assert not found.ok and not found.required and "no container engine" in found.found
