"""Fleets and Pods by seed: what a scheduler's filters look at, in mixtures where about every second Pod cannot be placed."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = dict[str, Any]
NAMESPACE, OTHER_NAMESPACE = "first", "second"
_CARDS = (("Tesla-T4", 15), ("NVIDIA-L40S", 45), ("NVIDIA-A100-SXM4-40GB", 40), ("NVIDIA-A100-SXM4-80GB", 80))
_DRIVER = "gpu.nvidia.com"
_GPU, _PRODUCT = "nvidia.com/gpu", "nvidia.com/gpu.product"
_ZONES = ("east", "west")
_APPS = ("train", "serve")


@dataclass
class Generated:
    """One fleet with what runs on it, and Pods to place."""

    seed: int
    nodes: list[Json] = field(default_factory=list)
    slices: list[Json] = field(default_factory=list)
    running: list[Json] = field(default_factory=list)
    held: list[Json] = field(default_factory=list)
    """Claims that have a device."""
    pods: list[tuple[Json, list[Json]]] = field(default_factory=list)
    """Each with its own claims."""


def classes() -> list[Json]:
    """The DeviceClasses of every fleet."""
    return [
        _object("resource.k8s.io/v1", "DeviceClass", name, spec={"selectors": [{"cel": {"expression": text}}]})
        for name, text in (("gpu", f"device.driver == '{_DRIVER}'"), ("other", "device.driver == 'other.example.com'"))
    ]


def generate(seed: int, pods: int) -> Generated:
    """The same for the same seed."""
    random, made = Random(seed), Generated(seed)
    for number in range(1, random.randint(3, 7) + 1):
        made.nodes.append(_node(random, f"f{seed}-node-{number}", number))
    for node in made.nodes:
        if random.random() < 0.5:
            made.slices.append(_slice(random, node["metadata"]["name"]))
    made.running = [_running(random, seed, index, made.nodes) for index in range(random.randint(0, 9))]
    made.held = [_held(seed, each) for each in made.slices if random.random() < 0.4]
    made.pods = [_pod(random, f"f{seed}-pod-{index}", made.nodes) for index in range(pods)]
    return made


def _object(version: str, kind: str, name: str, **rest: Any) -> Json:
    namespace = {} if kind in ("Node", "ResourceSlice", "DeviceClass") else {"namespace": NAMESPACE}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, **namespace, **rest.pop("meta", {})},
        **rest,
    }


def _node(random: Random, name: str, number: int) -> Json:
    labels = {"kubernetes.io/hostname": name, "labs/node": str(number)}
    amounts = {"cpu": random.choice(("1", "2", "4")), "memory": random.choice(("2Gi", "4Gi", "8Gi")), "pods": "20"}
    if random.random() < 0.8:
        labels["zone"] = random.choice(_ZONES)
    if random.random() < 0.6:
        labels[_PRODUCT] = random.choice(_CARDS)[0]
        amounts[_GPU] = str(random.randint(0, 3))
    if random.random() < 0.1:
        amounts["pods"] = "1"
    if random.random() < 0.2:
        amounts["nvidia.com/mig-1g.5gb"] = str(random.randint(1, 2))
    spec: Json = {"taints": [each for each in _taints() if random.random() < 0.15]}
    if random.random() < 0.08:
        spec["unschedulable"] = True
    return _object(
        "v1", "Node", name, meta={"labels": labels}, spec=spec, status={"allocatable": amounts, "capacity": amounts}
    )


def _taints() -> list[Json]:
    return [
        {"key": _GPU, "value": "present", "effect": "NoSchedule"},
        {"key": "maintenance", "effect": "NoExecute"},
        {"key": "slow", "value": "disk", "effect": "PreferNoSchedule"},
    ]


def _slice(random: Random, node: str) -> Json:
    devices = []
    for index in range(random.randint(1, 3)):
        product, memory = random.choice(_CARDS)
        one: Json = {"name": f"gpu-{index}", "capacity": {"memory": {"value": f"{memory}Gi"}}}
        one["attributes"] = {"productName": {"string": product}, "index": {"int": index}, "type": {"string": "gpu"}}
        if random.random() < 0.15:
            one["taints"] = [{"key": "sick", "value": "yes", "effect": "NoSchedule"}]
        devices.append(one)
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    return _object(
        "resource.k8s.io/v1",
        "ResourceSlice",
        f"{node}-gpus",
        spec={"driver": _DRIVER, "nodeName": node, "pool": pool, "devices": devices},
    )


def _running(random: Random, seed: int, index: int, nodes: list[Json]) -> Json:
    app = random.choice(_APPS)
    pod = _object("v1", "Pod", f"f{seed}-running-{index}", meta={"labels": {"app": app}}, spec=_containers(random, 0.3))
    pod["metadata"]["namespace"] = random.choice((NAMESPACE, NAMESPACE, OTHER_NAMESPACE))
    pod["spec"]["nodeName"] = random.choice(nodes)["metadata"]["name"]
    if random.random() < 0.15:
        pod["spec"]["affinity"] = {"podAntiAffinity": _pod_terms(random)}
    return pod


def _held(seed: int, each: Json) -> Json:
    """A claim that has the first device of a slice."""
    spec, node = each["spec"], each["spec"]["nodeName"]
    claim = _claim(f"held-{node}", [])
    result = {"request": "gpu", "driver": _DRIVER, "pool": spec["pool"]["name"], "device": spec["devices"][0]["name"]}
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    claim["status"] = {"allocation": {"devices": {"results": [result]}, "nodeSelector": {"nodeSelectorTerms": terms}}}
    return claim


def _containers(random: Random, gpu: float) -> Json:
    requests: Json = {}
    if random.random() < 0.7:
        requests["cpu"] = random.choice(("100m", "250m", "500m", "1", "2"))
    if random.random() < 0.5:
        requests["memory"] = random.choice(("128Mi", "512Mi", "1Gi", "3Gi"))
    limits = {_GPU: str(random.randint(1, 2))} if random.random() < gpu else {}
    if random.random() < 0.08:
        limits["nvidia.com/mig-1g.5gb"] = "1"
    container: Json = {"name": "main", "image": "none", "resources": {"requests": requests, "limits": limits}}
    if random.random() < 0.2:
        container["ports"] = [{"containerPort": 80, "hostPort": random.choice((8080, 8081))}]
    return {"containers": [container]}


def _pod(random: Random, name: str, nodes: list[Json]) -> tuple[Json, list[Json]]:
    spec, claims = _containers(random, 0.25), []
    spec["tolerations"] = [each for each in _tolerations() if random.random() < 0.5]
    if random.random() < 0.15:
        spec["nodeSelector"] = dict(
            [random.choice((("zone", random.choice(_ZONES)), (_PRODUCT, random.choice(_CARDS)[0])))]
        )
    affinity: Json = {}
    if random.random() < 0.2:
        affinity["nodeAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": _node_terms(random, nodes)}
        }
    if random.random() < 0.2:
        affinity["podAffinity" if random.random() < 0.4 else "podAntiAffinity"] = _pod_terms(random)
    if affinity:
        spec["affinity"] = affinity
    if random.random() < 0.2:
        spec["topologySpreadConstraints"] = [_spread(random)]
    if random.random() < 0.35:
        claims = [
            _claim(f"{name}-claim", _conditions(random), random.choice(("gpu",) * 12 + ("other", "absent")), random)
        ]
        spec["resourceClaims"] = [{"name": "card", "resourceClaimName": f"{name}-claim"}]
        spec["containers"][0]["resources"]["claims"] = [{"name": "card"}]
    pod = _object("v1", "Pod", name, meta={"labels": {"app": random.choice(_APPS)}}, spec=spec)
    return pod, claims


def _tolerations() -> list[Json]:
    return [{"key": _GPU, "operator": "Exists"}, {"key": "maintenance", "operator": "Exists", "effect": "NoExecute"}]


def _node_terms(random: Random, nodes: list[Json]) -> list[Json]:
    expressions = [
        {"key": _PRODUCT, "operator": "In", "values": [name for name, _ in random.sample(_CARDS, 2)]},
        {"key": _PRODUCT, "operator": "DoesNotExist"},
        {"key": "zone", "operator": "NotIn", "values": [random.choice(_ZONES)]},
        {"key": "labs/node", "operator": "Gt", "values": [str(random.randint(1, len(nodes)))]},
    ]
    return [{"matchExpressions": random.sample(expressions, random.randint(1, 2))} for _ in range(random.randint(1, 2))]


def _pod_terms(random: Random) -> Json:
    key = random.choice(("kubernetes.io/hostname", "zone"))
    term: Json = {"labelSelector": {"matchLabels": {"app": random.choice(_APPS)}}, "topologyKey": key}
    if random.random() < 0.3:
        term["namespaceSelector"] = {"matchLabels": {"team": "ml"}} if random.random() < 0.5 else {}
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


def _spread(random: Random) -> Json:
    selector = {"matchLabels": {"app": random.choice(_APPS)}}
    key = random.choice(("kubernetes.io/hostname", "zone"))
    spread: Json = {
        "maxSkew": random.randint(1, 2),
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector,
    }
    if random.random() < 0.3:
        spread["nodeTaintsPolicy"] = "Honor"
    return spread


def _conditions(random: Random) -> list[str]:
    memory = f"device.capacity['{_DRIVER}'].memory.compareTo(quantity('{random.choice((16, 41, 60))}Gi')) >= 0"
    product = f"device.attributes['{_DRIVER}'].productName == '{random.choice(_CARDS)[0]}'"
    return random.choice(([], [memory], [product], [memory, product]))


def _claim(name: str, conditions: list[str], device_class: str = "gpu", random: Random | None = None) -> Json:
    exact: Json = {"deviceClassName": device_class, "selectors": [{"cel": {"expression": each}} for each in conditions]}
    requests: list[Json] = [{"name": "gpu", "exactly": exact}]
    if random and random.random() < 0.25:
        exact["count"] = 2
    if random and random.random() < 0.25:
        exact["tolerations"] = [{"key": "sick", "operator": "Exists"}]
    if random and random.random() < 0.2:
        large = {
            "name": "large",
            "deviceClassName": device_class,
            "selectors": [{"cel": {"expression": _conditions_of(60)}}],
        }
        requests = [{"name": "gpu", "firstAvailable": [large, {"name": "any", **exact}]}]
    return _object("resource.k8s.io/v1", "ResourceClaim", name, spec={"devices": {"requests": requests}})


def _conditions_of(memory: int) -> str:
    return f"device.capacity['{_DRIVER}'].memory.compareTo(quantity('{memory}Gi')) >= 0"
