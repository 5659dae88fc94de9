"""metrics-server in the kind cluster: put there by the background process as soon as its image can be had."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from labs.cluster.files import read_json, write_json
from labs.cluster.kind.create import Kind
from labs.cluster.kind.loading import load
from labs.cluster.model import ignore_progress
from labs.errors import LabsError
from labs.kube import Client

__all__ = ["METRICS_RECORD", "install_metrics"]

METRICS_RECORD = "metrics-server.json"
_MANIFEST = Path(__file__).with_name("metrics.yaml")
_PULL_SECONDS = 600.0


def install_metrics(kind: Kind, client: Client, folder: Path) -> None:
    """Image into the engine, from there into the nodes, then the manifest; writes down how it went. Done once a cluster."""
    if (read_json(folder / METRICS_RECORD) or {}).get("installed"):
        return
    try:
        text = _MANIFEST.read_text(encoding="utf-8")
        image = re.findall(r"image: (\S+)", text)[0]
        if not kind.engine.has_image(image):
            kind.engine.run("pull", image, seconds=_PULL_SECONDS)
        load(kind, [image], folder, ignore_progress)
        for each in yaml.safe_load_all(text):
            client.apply(each, "kube-system", force=True)
    except LabsError as error:
        write_json(folder / METRICS_RECORD, {"installed": False, "why": error.why or error.what})
        return
    write_json(folder / METRICS_RECORD, {"installed": True})
