"""What the kind cluster is made of: versions, node image, names."""

from __future__ import annotations

import hashlib
import os
import re

from labs.paths import state_dir

__all__ = ["CLUSTER_LABEL", "KIND_MODULE", "MARK", "NODE_IMAGE", "cluster_name", "image_version", "node_image"]

KIND_MODULE = "sigs.k8s.io/kind@v0.33.0"
NODE_IMAGE = "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
"""The default of that version of kind (pkg/apis/config/defaults/image.go)."""

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
MARK = "/labs"
"""Where every node mounts a folder of our state: a node container without it was not made by us."""


def node_image() -> str:
    """The node image: $LABS_KIND_NODE_IMAGE, else the pinned one."""
    return os.environ.get("LABS_KIND_NODE_IMAGE") or NODE_IMAGE


def cluster_name() -> str:
    """Name of our cluster in the container engine; every state folder has its own."""
    return "labs-" + hashlib.sha256(str(state_dir().resolve()).encode()).hexdigest()[:6]


def image_version(image: str) -> tuple[int, int] | None:
    """Kubernetes version (major, minor) that an image's tag names, or None."""
    found = re.search(r":v(\d+)\.(\d+)\.", image)
    return (int(found[1]), int(found[2])) if found else None
