"""`labs images`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]

_ORIGINS = {"stand-in": "stand-in: this machine's own programs"}


def _configure(parser: ArgumentParser) -> None:
    """It has no options of its own."""


def _run(arguments: Namespace, output: Output) -> int:
    found = cluster.get(arguments.cluster).images()
    output.result({"event": "result", "images": [asdict(image) for image in found]})
    width = max((len(image.name) for image in found), default=0)
    for image in found:
        size = f"{image.size / 1e6:.1f} MB" if image.size else "–"
        digest = image.digest.removeprefix("sha256:")[:12]
        output.line(f"{image.name:<{width}}  {digest}  {size:>9}  {_ORIGINS.get(image.origin, image.origin)}")
    if not found:
        output.line("No images yet: a Pod brings one, or `labs build DIR -t NAME:TAG`")
    return 0


COMMAND = Command("images", "list the images that Pods can use, and where they come from", _configure, _run)
