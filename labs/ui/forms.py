"""Which fields a form shows for an object: those an exercise names, else the usual ones of its kind."""

from __future__ import annotations

from collections.abc import Sequence

from labs.manifest import FieldSpec

CONTAINER = "spec.template.spec.containers[0]"
NAME = FieldSpec("metadata.name", "Name")


def _probe(kind: str, word: str) -> tuple[FieldSpec, ...]:
    get = f"{CONTAINER}.{kind}.httpGet"
    return (
        FieldSpec(f"{get}.path", f"{word} path", mono=True, placeholder="no probe"),
        FieldSpec(f"{get}.port", f"{word} port", "port", mono=True, placeholder="no probe"),
    )


USUAL: dict[str, tuple[FieldSpec, ...]] = {
    "Pod": (
        NAME,
        FieldSpec("spec.containers[0].image", "Image", mono=True),
        FieldSpec("spec.containers[0].command", "Command", "list", mono=True),
        FieldSpec("spec.restartPolicy", "Restart policy", "select", "Always", options=("Always", "OnFailure", "Never")),
    ),
    "Deployment": (
        NAME,
        FieldSpec("spec.replicas", "Replicas", "number", "1"),
        FieldSpec(f"{CONTAINER}.image", "Image", mono=True),
        FieldSpec("spec.selector.matchLabels", "Selector", "map"),
        FieldSpec("spec.template.metadata.labels", "Labels of its Pods", "map"),
        FieldSpec(f"{CONTAINER}.ports[0].containerPort", "Container port", "number"),
        FieldSpec("spec.strategy.type", "Strategy", "select", "RollingUpdate", options=("RollingUpdate", "Recreate")),
        FieldSpec("spec.strategy.rollingUpdate.maxUnavailable", "Max unavailable", "port", "25%"),
        FieldSpec("spec.strategy.rollingUpdate.maxSurge", "Max surge", "port", "25%"),
        *_probe("readinessProbe", "Readiness"),
        *_probe("livenessProbe", "Liveness"),
    ),
    "Service": (
        NAME,
        FieldSpec("spec.type", "Type", "select", "ClusterIP", options=("ClusterIP", "NodePort", "LoadBalancer")),
        FieldSpec("spec.selector", "Selector", "map"),
        FieldSpec("spec.ports[0].port", "Port", "number"),
        FieldSpec("spec.ports[0].targetPort", "Target port", "port", placeholder="same as port"),
    ),
}


def fields_for(named: Sequence[FieldSpec], kind: str, home: str) -> tuple[FieldSpec, ...]:
    """The fields for an object of `kind`; those `named` without an object belong to the kind `home`."""
    own = tuple(field for field in named if (field.of or home) == kind)
    if own or kind in USUAL:
        return own or USUAL[kind]
    return tuple(field for field in named if (field.of or home) == home)
