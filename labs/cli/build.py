"""`labs build DIR -t NAME`."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output, duration
from labs.errors import UsageError

__all__ = ["COMMAND"]

_TAG = re.compile(r"[a-z0-9]+([._/:-]+[a-z0-9]+)*(:[A-Za-z0-9_][\w.-]{0,127})?")


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with the Dockerfile and what it copies")
    parser.add_argument("-t", "--tag", required=True, type=_tag, metavar="NAME:TAG", help="the image's name")
    parser.add_argument(
        "--build-arg", action="append", default=[], type=_pair, metavar="NAME=VALUE", help="value of an ARG"
    )


def _run(arguments: Namespace, output: Output) -> int:
    folder = arguments.folder
    if not (folder / "Dockerfile").is_file():
        raise UsageError(
            what=f"There is no Dockerfile in {folder}",
            why="An image is built from a folder with a file of that name",
            next_step="Name the folder that has it",
        )
    began, provider = time.monotonic(), cluster.get(arguments.cluster)
    provider.build(folder, arguments.tag, output.progress, dict(arguments.build_arg))
    seconds = time.monotonic() - began
    output.result({"event": "result", "image": arguments.tag, "cluster": provider.name, "seconds": round(seconds, 3)})
    output.line(f"Built {arguments.tag} for the cluster {provider.name} ({duration(seconds)})")
    return 0


def _tag(text: str) -> str:
    if not _TAG.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is no name for an image: small letters, digits, . _ - / and a :TAG")
    return text


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


COMMAND = Command("build", "build an image for the cluster from a Dockerfile", _configure, _run)
