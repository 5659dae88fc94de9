"""What the scheduler looks at when it filters nodes: objects by kind, from a cluster or made up. Pure but for `read_snapshot`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from labs.kube import ApiError, Client

__all__ = ["Snapshot", "kinds_for", "placed_anew", "read_snapshot"]

Json = dict[str, Any]
Snapshot = Mapping[str, list[Json]]
"""Objects by kind (`Node`, `Pod`, `ResourceClaim`…); a kind that is not there has no object."""

_ALWAYS = ("v1/Node", "v1/Pod")
_VOLUMES = (
    "v1/PersistentVolumeClaim",
    "v1/PersistentVolume",
    "storage.k8s.io/v1/StorageClass",
    "storage.k8s.io/v1/CSINode",
    "storage.k8s.io/v1/CSIDriver",
    "storage.k8s.io/v1/CSIStorageCapacity",
    "storage.k8s.io/v1/VolumeAttachment",
)
_CLAIMS = (
    "resource.k8s.io/v1/ResourceClaim",
    "resource.k8s.io/v1/ResourceSlice",
    "resource.k8s.io/v1/DeviceClass",
    "resource.k8s.io/v1/DeviceTaintRule",
)
_GROUPS = ("scheduling.k8s.io/v1beta1/PodGroup",)


def kinds_for(pod: Json) -> tuple[str, ...]:
    """The kinds that matter to a Pod, such as ``v1/Node``."""
    spec, kinds = pod["spec"], list(_ALWAYS)
    affinity = spec.get("affinity") or {}
    if affinity.get("podAffinity") or affinity.get("podAntiAffinity"):
        kinds.append("v1/Namespace")
    if any("persistentVolumeClaim" in volume or "ephemeral" in volume for volume in spec.get("volumes") or ()):
        kinds.extend(_VOLUMES)
    if spec.get("resourceClaims") or any("/" in name for name in _resources(spec)):
        kinds.extend(_CLAIMS)
    if spec.get("schedulingGroup"):
        kinds.extend(_GROUPS)
    return tuple(kinds)


def read_snapshot(client: Client, pod: Json) -> Snapshot:
    """What the cluster has now of the kinds that matter to a Pod; kinds that it does not serve are empty."""
    return {kind.rpartition("/")[2]: _list(client, kind) for kind in kinds_for(pod)}


def placed_anew(pod: Json, snapshot: Snapshot) -> tuple[Json, Snapshot]:
    """The Pod and the snapshot as they would be if the Pod had just been created: on no node, its claims without devices.

    A claim that only a template stands for is made, as the controller manager would.
    """
    fresh, objects = deepcopy(pod), dict(snapshot)
    meta, spec = fresh["metadata"], fresh["spec"]
    meta.setdefault("uid", f"Pod/{meta.get('namespace', '')}/{meta['name']}")
    if spec.pop("nodeName", None):
        fresh.pop("status", None)
        objects["ResourceClaim"] = [_freed(claim, meta["uid"]) for claim in objects.get("ResourceClaim", [])]
    made = list(_generated(fresh, objects))
    if made:
        objects["ResourceClaim"] = [*objects.get("ResourceClaim", []), *made]
    return fresh, objects


def _list(client: Client, kind: str) -> list[Json]:
    try:
        return client.list(kind)
    except ApiError as error:
        if error.code == 404:
            return []
        raise


def _resources(spec: Json) -> Iterator[str]:
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        for amounts in (container.get("resources") or {}).values():
            if isinstance(amounts, dict):
                yield from amounts


def _freed(claim: Json, uid: str) -> Json:
    """A claim without its devices, unless another Pod has it as well."""
    reserved = (claim.get("status") or {}).get("reservedFor") or []
    if [each.get("uid") for each in reserved] != [uid]:
        return claim
    return {key: value for key, value in claim.items() if key != "status"}


def _generated(pod: Json, snapshot: Snapshot) -> Iterator[Json]:
    """Claims for the templates that a Pod names and that have not become claims; notes their names in its status."""
    statuses = pod.setdefault("status", {}).setdefault("resourceClaimStatuses", [])
    named = {each["name"] for each in statuses}
    meta = pod["metadata"]
    namespace = meta.get("namespace", "")
    find = _finder(snapshot, namespace)
    for reference in pod["spec"].get("resourceClaims") or ():
        template = find("ResourceClaimTemplate", reference.get("resourceClaimTemplateName"))
        name = _owned(snapshot, meta["uid"], reference["name"]) or f"{meta['name']}-{reference['name']}"
        if reference["name"] in named or not (template or find("ResourceClaim", name)):
            continue
        statuses.append({"name": reference["name"], "resourceClaimName": name})
        if template and not find("ResourceClaim", name):
            owner = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"], "controller": True}
            yield {
                "apiVersion": template.get("apiVersion", "resource.k8s.io/v1"),
                "kind": "ResourceClaim",
                "metadata": {"name": name, "namespace": namespace, "ownerReferences": [owner]},
                "spec": deepcopy(template["spec"]["spec"]),
            }


def _finder(snapshot: Snapshot, namespace: str) -> Callable[[str, str | None], Json | None]:
    def find(kind: str, name: str | None) -> Json | None:
        for each in snapshot.get(kind, ()):
            if each["metadata"]["name"] == name and each["metadata"].get("namespace", "") == namespace:
                return each
        return None

    return find


def _owned(snapshot: Snapshot, uid: str, reference: str) -> str | None:
    """The claim that was made for a Pod's reference (the controller notes that in an annotation)."""
    for claim in snapshot.get("ResourceClaim", ()):
        meta = claim["metadata"]
        ours = any(owner.get("uid") == uid for owner in meta.get("ownerReferences") or ())
        if ours and (meta.get("annotations") or {}).get("resource.kubernetes.io/pod-claim-name") == reference:
            return str(meta["name"])
    return None
