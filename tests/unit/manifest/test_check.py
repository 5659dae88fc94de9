"""The local checks: messages, places, fixes."""

from __future__ import annotations

import pytest

from labs.manifest import apply_edits, check, parse, render
from labs.manifest.words import nearest

from .snapshot import assert_snapshot
from .tables import table_schema

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: test-ml-pod
spec:
  containers:
    - name: ml-script
      image: python:3.10
      command: ["python", "-c", "print('Hello')"]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
"""

WRONG = {
    "misspelt field": POD.replace("command:", "comand:"),
    "misspelt field beside the right one": POD + '      comand: ["x"]\n',
    "field of the pod": POD + "      nodeSelector: {a: b}\n",
    "field of resources": POD + "      requests: {cpu: 1}\n",
    "field of the template": DEPLOYMENT.replace("  replicas: 1", "  containers: []"),
    "field of metadata": POD.replace("kind: Pod\n", "kind: Pod\nlabels: {a: b}\n"),
    "capitals": POD.replace("image:", "Image:"),
    "nothing like it": POD + "      zzz: 1\n",
    "replicas as text": DEPLOYMENT.replace("replicas: 1", 'replicas: "3"'),
    "replicas as words": DEPLOYMENT.replace("replicas: 1", "replicas: three"),
    "env number": POD + "      env:\n        - name: A\n          value: 1\n",
    "env word": POD + "      env:\n        - name: A\n          value: on\n",
    "label number": POD.replace("metadata:\n", "metadata:\n  labels:\n    version: 1.10\n"),
    "command as text": POD.replace('["python", "-c", "print(\'Hello\')"]', "python train.py"),
    "number in command": POD.replace("\"print('Hello')\"", "5000"),
    "containers as mapping": POD.replace("    - name", "      name"),
    "mapping as text": POD.replace("metadata:\n  name: test-ml-pod", "metadata: test-ml-pod"),
    "boolean as text": POD + '      tty: "true"\n',
    "missing container name": POD.replace("name: ml-script\n      image", "image"),
    "missing containers": POD[: POD.index("  containers")] + "  restartPolicy: Never\n",
    "missing selector": DEPLOYMENT.replace("  selector:\n    matchLabels:\n      app: web\n", ""),
    "wrong word": POD.replace("spec:\n", "spec:\n  restartPolicy: never\n"),
    "unknown kind": POD.replace("kind: Pod", "kind: Pods"),
    "kind of another group": DEPLOYMENT.replace("apps/v1", "v1"),
    "kind of nobody": POD.replace("kind: Pod", "kind: Spaceship"),
    "no kind": POD.replace("kind: Pod\n", ""),
    "no name": POD.replace("  name: test-ml-pod\n", "  labels: {a: b}\n"),
    "no metadata": POD.replace("metadata:\n  name: test-ml-pod\n", ""),
    "bad name": POD.replace("test-ml-pod", "Test_ML Pod"),
    "empty name": POD.replace("test-ml-pod", '""'),
    "other namespace": POD.replace("metadata:\n", "metadata:\n  namespace: default\n"),
    "two objects": POD + "---\n" + DEPLOYMENT,
    "a list": "- a\n- b\n",
    "a word": "hello\n",
    "host pid and privileged": POD.replace("spec:\n", "spec:\n  hostPID: true\n  hostNetwork: true\n")
    + "      securityContext:\n        privileged: true\n",
    "millis of memory": POD + "      resources:\n        limits:\n          memory: 400m\n",
    "megabytes": POD + "      resources:\n        limits:\n          memory: 400MB\n",
    "amount of words": POD + "      resources:\n        limits:\n          memory: much\n",
    "gpu of the pod": POD + "  resources:\n    limits:\n      nvidia.com/gpu: 1\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    text = WRONG[name]
    known = {"schema": table_schema(), "namespace": "labs-pod-hello", "single": True}
    found = check(parse(text), schema=table_schema(), namespace="labs-pod-hello", single=True)
    parts = []
    for diagnostic in found:
        parts.append(render(text, diagnostic))
        if diagnostic.fix:
            left = check(parse(apply_edits(text, diagnostic.fix.edits)), **known)  # type: ignore[arg-type]
            assert len(left) < len(found) or {d.code for d in left} != {d.code for d in found}
    assert parts
    assert_snapshot(f"check-{name.replace(' ', '-')}", "".join(parts))


@pytest.mark.parametrize("text", [POD, DEPLOYMENT, POD + "      env:\n        - name: A\n          value: '1'\n"])
def test_right(text: str) -> None:
    assert check(parse(text), schema=table_schema(), namespace="labs-pod-hello", single=True) == ()
    assert check(parse(text)) == ()


def test_env_without_a_schema() -> None:
    text = POD + "      env:\n        - name: A\n          value: 0644\n"
    (found,) = check(parse(text))
    assert (found.code, found.line, found.message) == (
        "L305",
        12,
        "An environment variable is text, and `0644` is not.",
    )


def test_quantities_may_be_numbers() -> None:
    text = POD + "      resources:\n        limits:\n          cpu: 1.5\n          memory: 1e9\n"
    assert check(parse(text), schema=table_schema()) == ()


def test_unknown_kinds_are_not_judged_by_field() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\nwhatever: 1\n"
    assert check(parse(text), schema=table_schema()) == ()


def test_generated_names_are_names() -> None:
    assert check(parse(POD.replace("  name: test-ml-pod", "  generateName: a-"))) == ()


def test_roles_may_have_colons() -> None:
    text = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: "system:x"\n'
    assert check(parse(text)) == ()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("comand", "command"),
        ("Command", "command"),
        ("imgae", "image"),
        ("nam", "name"),
        ("ports", "port"),
        ("zzz", ""),
        ("commands", "command"),
    ],
)
def test_nearest(word: str, meant: str) -> None:
    assert nearest(word, ["name", "image", "command", "args", "port"]) == meant


@pytest.mark.parametrize(("version", "old"), [("v1alpha3", True), ("v1beta1", True), ("v1beta2", True), ("v1", False)])
def test_a_claim_of_an_earlier_api_is_told_what_changed(version: str, old: bool) -> None:
    text = f"apiVersion: resource.k8s.io/{version}\nkind: ResourceClaim\nmetadata:\n  name: gpu\n"
    found = [each for each in check(parse(text)) if each.code == "L307"]
    assert bool(found) is old
    assert all(each.line == 1 and "exactly" in each.next_step for each in found)
