"""`labs try ID FILE…`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output

__all__ = ["COMMAND"]

_HELP = (
    "apply manifests in a fresh namespace and judge them; exit code 0: all checks pass, 1: one fails or the API server "
    "refuses, 2: unreadable file, unknown id or foreign namespace, 3: could not be judged"
)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="exercise, for example pod/hello")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="manifests, in the order to apply them")


def _run(arguments: Namespace, output: Output) -> int:
    from labs.course import find, prepare, try_files

    exercise = find(arguments.id)
    client = cluster.connect(arguments.cluster)
    prepare([exercise], arguments.cluster)
    report = try_files(client, exercise, arguments.files, output)
    return report.exit_code


COMMAND = Command("try", _HELP, _configure, _run)
