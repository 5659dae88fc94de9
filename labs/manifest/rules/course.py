"""Rules of the course: what Kubernetes would accept here, but hardly anyone means (L3xx)."""

from __future__ import annotations

from labs.manifest.rules.base import Rule

__all__ = [
    "EnvNotText",
    "MillisOfMemory",
    "OldClaim",
    "OtherNamespace",
    "ReachesNode",
    "ResourcesOnPod",
    "SeveralObjects",
]


class OtherNamespace(Rule):
    """The object names another namespace

    What: `metadata.namespace` is not the namespace of this exercise.
    Why: Each exercise has a namespace of its own, and its checks look only there.
    Wrong:
        metadata:
          name: web
          namespace: default
    Right:
        metadata:
          name: web
    """

    code = "L301"
    why = "Each exercise has a namespace of its own, and its checks look only there."
    next_step = "Delete the line: without it the object goes into the exercise's namespace."


class SeveralObjects(Rule):
    """More than one object in a field for one

    What: `---` begins a second object.
    Why: This editor holds one object, so that the form and the checks know which one is meant.
    Wrong:
        kind: Pod
        ---
        kind: Service
    Right:
        kind: Pod
    """

    code = "L302"
    why = "This editor holds one object, so that the form and the checks know which one is meant."
    next_step = "Keep the object that the exercise asks for."


class ReachesNode(Rule):
    """A container asks for more than its own world

    What: `hostPID`, `hostIPC`, `hostNetwork` or `privileged` is switched on.
    Why: It lifts the wall between the container and its node. Many clusters forbid it, and no lesson needs it.
    Wrong:
        securityContext:
          privileged: true
    Right:
        securityContext: {}
    """

    code = "L303"
    severity = "warning"
    why = "It lifts the wall between the container and its node; many clusters forbid it."
    next_step = "Leave it out: no lesson needs it."


class MillisOfMemory(Rule):
    """Memory in thousandths of a byte

    What: An amount of memory ends with `m`.
    Why: `m` means a thousandth, as in `500m` of a CPU: `400m` of memory is less than one byte.
    Wrong:
        memory: 400m
    Right:
        memory: 400Mi
    """

    code = "L304"
    severity = "info"
    why = "`m` means a thousandth, as in `500m` of a CPU; mebibytes are `Mi`."


class EnvNotText(Rule):
    """An environment variable that is not text

    What: The `value` of an environment variable is a number, true or false.
    Why: A process knows its environment as text only, so the API server accepts text only. YAML takes bare digits and
    the words true, yes, on, y, no, off and n for something else.
    Wrong:
        env:
          - name: WORKERS
            value: 4
    Right:
        env:
          - name: WORKERS
            value: "4"
    """

    code = "L305"
    why = "A process knows its environment as text, and bare digits and words like yes or on are not text for YAML."
    next_step = "Put it into quotation marks."


class ResourcesOnPod(Rule):
    """Resources of the Pod instead of a container

    What: `resources` stands in the Pod's spec and asks for something that only a container can have, such as a GPU.
    Why: `spec.resources` is a real field for CPU and memory of the whole Pod. Devices are handed to containers.
    Wrong:
        spec:
          resources:
            limits:
              nvidia.com/gpu: 1
    Right:
        spec:
          containers:
            - name: train
              resources:
                limits:
                  nvidia.com/gpu: 1
    """

    code = "L306"
    why = "`resources` of a Pod covers only its CPU and memory; devices are handed to a container."
    next_step = "Move it into the container that needs it."


class OldClaim(Rule):
    """A claim of an earlier version of the API

    What: `apiVersion` is a version of `resource.k8s.io` from before v1.
    Why: The versions differ in shape: since v1 (and v1beta2) what is asked for stands under `exactly` or `firstAvailable` of
    each request; in v1alpha3 and v1beta1 it stood in the request itself. v1alpha2 had resource classes instead of device classes.
    Wrong:
        apiVersion: resource.k8s.io/v1beta1
        kind: ResourceClaim
        spec:
          devices:
            requests:
              - name: gpu
                deviceClassName: gpu.nvidia.com
    Right:
        apiVersion: resource.k8s.io/v1
        kind: ResourceClaim
        spec:
          devices:
            requests:
              - name: gpu
                exactly:
                  deviceClassName: gpu.nvidia.com
    """

    code = "L307"
    severity = "warning"
    why = "Since v1 what is asked for stands under `exactly` or `firstAvailable` of each request, not in the request itself."
    next_step = "Write `apiVersion: resource.k8s.io/v1`, and put class, selectors and count under `exactly`."
