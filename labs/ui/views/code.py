"""The last action as lines of Python that run in a notebook of this JupyterLab."""

from __future__ import annotations

LOAD = "import pathlib, yaml\nfrom labs.cluster import connect\n\nclient = connect()\nobj = yaml.safe_load(pathlib.Path({file!r}).expanduser().read_text())\n"
LINES = {
    "apply": "client.apply(obj, {namespace!r})",
    "preview": "client.preview(obj, {namespace!r})",
    "delete": "client.delete(obj | {{'metadata': obj['metadata'] | {{'namespace': {namespace!r}}}}})",
    "recreate": "client.delete(obj | {{'metadata': obj['metadata'] | {{'namespace': {namespace!r}}}}}, grace=1, wait=True)\nclient.apply(obj, {namespace!r})",
}


def python_lines(action: str, namespace: str, file: str) -> str:
    """Python for `action` (apply when unknown) on the manifest in `file`."""
    return LOAD.format(file=file) + LINES.get(action, LINES["apply"]).format(namespace=namespace)
