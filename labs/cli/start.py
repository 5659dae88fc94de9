"""`labs start`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    """Filled below."""


def _run(arguments: Namespace, output: Output) -> int:
    return 1


COMMAND = Command("start", "open the course in JupyterLab, with its cluster", _configure, _run)
