"""The last action as lines of Python that run in a notebook of this JupyterLab."""

from __future__ import annotations

LOAD = "import pathlib, yaml\nfrom labs.cluster import connect\n\nclient = connect()\ntext = pathlib.Path({file!r}).expanduser().read_text()\n"
ONE = "obj = yaml.safe_load(text)\n{lines}"
EACH = "for obj in filter(None, yaml.safe_load_all(text)):\n    {lines}"
PLACED = "obj | {{'metadata': obj['metadata'] | {{'namespace': {namespace!r}}}}}"
LINES = {
    "apply": "client.apply(obj, {namespace!r})",
    "preview": "client.preview(obj, {namespace!r})",
    "delete": f"client.delete({PLACED})",
    "recreate": f"client.delete({PLACED}, grace=1, wait=True)\nclient.apply(obj, {{namespace!r}})",
}


def python_lines(action: str, namespace: str, file: str, *, several: bool = False) -> str:
    """Python for `action` (apply when unknown) on the manifest in `file`, on each object where there are `several`."""
    lines = LINES.get(action, LINES["apply"]).format(namespace=namespace)
    body = EACH.format(lines=lines.replace("\n", "\n    ")) if several else ONE.format(lines=lines)
    return LOAD.format(file=file) + body
