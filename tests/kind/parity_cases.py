"""What is compared between kind and pocket: small manifests, each about one thing that a Pod, a Job or a Deployment does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CASES", "Case"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Objects to apply in a fresh namespace. `differs`: why the two do not end alike; then docs/parity.md has the row."""

    name: str
    objects: tuple[Mapping[str, Any], ...]
    differs: str = ""


def container(*command: str, name: str = "main", image: str = "python:3.10", **more: Any) -> Json:
    return {"name": name, "image": image, "command": list(command), **more}


def shell(text: str, **more: Any) -> Json:
    return container("sh", "-c", text, **more)


def pod(*containers: Json, name: str = "p", restart: str = "Never", **spec: Any) -> Json:
    body = {"restartPolicy": restart, "terminationGracePeriodSeconds": 0, "containers": list(containers), **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": body}


def named(version: str, kind: str, name: str, **rest: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **rest}


def job(*containers: Json, restart: str = "Never", **spec: Any) -> Json:
    template = {"spec": {"restartPolicy": restart, "terminationGracePeriodSeconds": 0, "containers": list(containers)}}
    return named("batch/v1", "Job", "j", spec={"template": template, **spec})


def deployment(*containers: Json, replicas: int = 2, **more: Any) -> Json:
    labels = {"app": "d"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [*containers]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **more}
    return named("apps/v1", "Deployment", "d", spec=spec)


EMPTY: Json = {"volumes": [{"name": "v", "emptyDir": {}}]}
AT_V = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
SETTINGS = named("v1", "ConfigMap", "settings", data={"rate": "0.1", "file.txt": "from a file"})
SECRET = named("v1", "Secret", "token", stringData={"key": "hidden"})
CLAIM = named(
    "v1",
    "PersistentVolumeClaim",
    "claim",
    spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
)
QUOTA = named("v1", "ResourceQuota", "q", spec={"hard": {"pods": "0"}})
LIMITS = named("v1", "LimitRange", "l", spec={"limits": [{"type": "Container", "default": {"cpu": "100m"}}]})


def _probe(command: str, **more: Any) -> Json:
    return {"exec": {"command": ["sh", "-c", command]}, "periodSeconds": 1, **more}


def _from(kind: str, name: str, key: str) -> Json:
    return {"name": "X", "valueFrom": {kind: {"name": name, "key": key}}}


def _field(path: str) -> Json:
    return {"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}


CASES: tuple[Case, ...] = (
    Case("succeeds", (pod(shell("echo done")),)),
    Case("fails with its code", (pod(shell("echo no >&2; exit 7")),)),
    Case("ends by a signal", (pod(shell("kill -9 $$")),)),
    Case("goes on", (pod(shell("echo up; exec sleep 1000")),)),
    Case("restarts after success", (pod(shell("echo again"), restart="Always"),)),
    Case("restarts after failure", (pod(shell("exit 3"), restart="OnFailure"),)),
    Case("unknown image", (pod(shell("true", image="nowhere.invalid/none:1")),)),
    Case("image never pulled", (pod(shell("true", image="labs-none:1", imagePullPolicy="Never")),)),
    Case("init container first", (pod(shell("cat /v/x", **AT_V), initContainers=[shell("echo hi > /v/x", name="i", **AT_V)], **EMPTY),)),
    Case("init container fails", (pod(shell("true"), initContainers=[shell("exit 4", name="i")]),)),
    Case("sidecar", (pod(shell("sleep 1; echo main"), initContainers=[shell("echo side; exec sleep 1000", name="s", restartPolicy="Always")]),)),
    Case("two containers, one fails", (pod(shell("exit 1", name="a"), shell("exit 0", name="b")),)),
    Case("shared volume", (pod(shell("echo x > /v/f; sleep 1000", name="a", **AT_V), shell("until cat /v/f 2>/dev/null; do sleep 1; done; sleep 1000", name="b", **AT_V), **EMPTY),)),
    Case("environment from values", (pod(shell("echo $A$B", env=[{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2"}])),)),
    Case("environment from a ConfigMap", (SETTINGS, pod(shell("echo $X", env=[_from("configMapKeyRef", "settings", "rate")])))),
    Case("environment from a Secret", (SECRET, pod(shell("echo $X", env=[_from("secretKeyRef", "token", "key")])))),
    Case("ConfigMap is missing", (pod(shell("true", env=[_from("configMapKeyRef", "none", "k")])),)),
    Case("key is missing", (SETTINGS, pod(shell("true", env=[_from("configMapKeyRef", "settings", "none")])))),
    Case("downward: name", (pod(shell("echo $X; hostname", env=[_field("metadata.name")])),)),
    Case("downward: label", (pod(shell("echo $X", env=[_field("metadata.labels['app']")])),)),
    Case("ConfigMap as files", (SETTINGS, pod(shell("cat /v/file.txt; ls /v", **AT_V), volumes=[{"name": "v", "configMap": {"name": "settings"}}]))),
    Case("read-only volume", (pod(shell("echo x > /v/f", volumeMounts=[{"name": "v", "mountPath": "/v", "readOnly": True}]), **EMPTY),)),
    Case("memory volume", (pod(shell("grep -c ' /v tmpfs' /proc/mounts", **AT_V), volumes=[{"name": "v", "emptyDir": {"medium": "Memory"}}]),)),
    Case("token of the account", (pod(shell("ls /var/run/secrets/kubernetes.io/serviceaccount | sort")),)),
    Case("no token", (pod(shell("ls /var/run/secrets 2>/dev/null; echo none"), automountServiceAccountToken=False),)),
    Case("no service account", (pod(shell("true"), serviceAccountName="none"),)),
    Case("claim of the default class", (CLAIM, pod(shell("echo x > /v/f; cat /v/f", **AT_V), volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "claim"}}])), differs="pocket has no default StorageClass yet"),
    Case("claim is missing", (pod(shell("true", **AT_V), volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]),)),
    Case("hostPath that must be there", (pod(shell("true", **AT_V), volumes=[{"name": "v", "hostPath": {"path": "/none", "type": "Directory"}}]),)),
    Case("readiness never true", (pod(shell("sleep 1000", readinessProbe=_probe("exit 1"))),)),
    Case("readiness true later", (pod(shell("sleep 2; touch /tmp/ok; sleep 1000", readinessProbe=_probe("test -e /tmp/ok"))),)),
    Case("liveness fails", (pod(shell("exec sleep 1000", livenessProbe=_probe("exit 1", failureThreshold=1)), restart="Always"),)),
    Case("startup fails", (pod(shell("exec sleep 1000", startupProbe=_probe("exit 1", failureThreshold=2))),)),
    Case("postStart hook fails", (pod(shell("exec sleep 1000", lifecycle={"postStart": {"exec": {"command": ["sh", "-c", "exit 5"]}}})),)),
    Case("deadline", (pod(shell("exec sleep 1000"), activeDeadlineSeconds=2),)),
    Case("asks too much", (pod(shell("true", resources={"requests": {"memory": "900Gi"}})),)),
    Case("asks for a GPU", (pod(shell("true", resources={"limits": {"nvidia.com/gpu": "1"}})),)),
    Case("no such label", (pod(shell("true"), nodeSelector={"gpu": "yes"}),)),
    Case("chosen node", (pod(shell("echo here"), nodeSelector={"labs/node": "2"}),)),
    Case("requests and limits", (pod(shell("echo x", resources={"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}})),)),
    Case("working directory", (pod(container("pwd", workingDir="/tmp")),)),
    Case("termination message", (pod(shell("echo why > /dev/termination-log; exit 2")),)),
    Case("read-only root", (pod(shell("touch /x 2>&1; echo $?", securityContext={"readOnlyRootFilesystem": True})),)),
    Case("must not be root", (pod(shell("id -u"), securityContext={"runAsNonRoot": True}),)),
    Case("another user", (pod(shell("id -u", securityContext={"runAsUser": 1000})),)),
    Case("job completes", (job(shell("echo done")),)),
    Case("job fails", (job(shell("exit 1"), backoffLimit=0),)),
    Case("job tries again", (job(shell("exit 1"), backoffLimit=1),)),
    Case("job with index", (job(shell("echo $JOB_COMPLETION_INDEX"), completions=2, parallelism=2, completionMode="Indexed"),)),
    Case("deployment becomes available", (deployment(shell("exec sleep 1000")),)),
    Case("deployment crashes", (deployment(shell("exit 1"), replicas=1, minReadySeconds=60),)),  # ready for a moment otherwise, or not
    Case("quota refuses Pods", (QUOTA, deployment(shell("exec sleep 1000"), replicas=1))),
    Case("limits by default", (LIMITS, pod(shell("echo x")))),
    Case("refused: no containers", (pod(),)),
    Case("refused: restart policy", (pod(shell("true"), restart="Sometimes"),)),
    Case("refused: name", (pod(shell("true"), name="Upper"),)),
    Case("refused: unknown field", (pod(shell("true", comand=["x"])),)),
    Case("refused: quantity", (pod(shell("true", resources={"limits": {"memory": "1GB"}})),)),
    Case("privileged", (pod(shell("echo x", securityContext={"privileged": True})),), differs="pocket refuses it by name"),
    Case("the host's processes", (pod(shell("echo x"), hostPID=True),), differs="pocket refuses it by name"),
    Case("memory limit exceeded", (pod(container("python", "-c", "x = bytearray(300 * 2**20); print(len(x))", resources={"limits": {"memory": "64Mi"}})),), differs="pocket enforces limits only where a cgroup can be delegated"),
)  # fmt: skip
