"""Whether a Pod runs on a stand-in: the pocket cluster's image made of this machine's own programs."""

from __future__ import annotations

import sys

from labs.cluster.pocket.images import LIBRARY, stand_in_id
from labs.ui.store import Json


def stand_in(pod: Json) -> str:
    """The note for a Pod one of whose containers runs on a stand-in, else an empty string."""
    images = {c["name"]: str(c.get("image", "")) for c in (pod.get("spec") or {}).get("containers") or []}
    for status in (pod.get("status") or {}).get("containerStatuses") or []:
        image = images.get(str(status.get("name")), "")
        if image and status.get("imageID") == stand_in_id(image):
            python = image.removeprefix(LIBRARY).partition(":")[0] == "python"
            programs = f"Python {sys.version_info.major}.{sys.version_info.minor}" if python else "programs"
            return f"stand-in: {programs} of this machine"
    return ""
