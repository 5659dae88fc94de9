"""What the cluster survives: any of its programs killed, its end or its supervisor's, and a new start."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from labs.cluster.processes import descendants, find
from tests.pocket import Pocket, all_ended

SECONDS = 60.0
POD = """
apiVersion: v1
kind: Pod
metadata: {name: kept}
spec:
  restartPolicy: Never
  containers:
    - {name: main, image: "python:3.10", command: [python, -c, "print('said before the end')"]}
"""


def named(pocket: Pocket, name: str) -> dict[str, Any]:
    """What the supervisor says of one of its processes."""
    found = [one for one in pocket.status()["processes"] if one["name"] == name]
    return dict(found[0]) if found else {}


def healed(pocket: Pocket, name: str, before: int) -> bool:
    """Whether the process is another one by now and every node reports again."""
    now = named(pocket, name)
    if not now.get("pid") or now["pid"] == before:
        return False
    answer = pocket.run("kubectl", "get", "nodes", "--no-headers", "--request-timeout=2s")
    return answer.returncode == 0 and answer.stdout.count(" Ready ") == 3


def test_any_process_may_be_killed(own_place: Pocket) -> None:
    own_place.labs("up")
    for name in ("kube-scheduler", "kube-controller-manager", "node-2", "kube-apiserver", "etcd"):
        pid = named(own_place, name)["pid"]
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while not healed(own_place, name, pid):
            assert time.monotonic() < deadline, f"{name} is not back after {SECONDS:.0f} s"
            time.sleep(0.1)


def test_a_kubelet_may_be_killed(own_place: Pocket) -> None:
    own_place.labs("up", "--nodes", "1")
    node = find(named(own_place, "node-1")["pid"])
    assert node
    kubelet = next(one for one in descendants(node) if "kubelet" in Path(f"/proc/{one.pid}/cmdline").read_text())
    kubelet.signal(signal.SIGKILL)
    assert kubelet.wait(SECONDS)
    manifest = own_place.folder / "pod.yaml"
    manifest.write_text(POD)
    own_place.kubectl("apply", "-f", str(manifest))
    own_place.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/kept", "--timeout=60s")


@pytest.mark.parametrize("ending", ["down", "kill", "kill-inner"])
def test_the_state_is_there_at_the_next_start(own_place: Pocket, ending: str) -> None:
    own_place.labs("up")
    manifest = own_place.folder / "pod.yaml"
    manifest.write_text(POD)
    own_place.kubectl("apply", "-f", str(manifest))
    own_place.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/kept", "--timeout=30s")
    if ending == "down":
        own_place.labs("down")
    else:
        outer, *below = processes = own_place.processes()
        (below[0] if ending == "kill-inner" else outer).signal(signal.SIGKILL)
        assert all_ended(processes, within=30)
    own_place.labs("up")
    assert own_place.kubectl("logs", "kept") == "said before the end\n"
