"""What a command is, and what all of them have in common."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from labs.cli.output import Output

__all__ = ["Command", "add_common_options"]


@dataclass(frozen=True)
class Command:
    """`run` gets the parsed arguments (always with `.cluster`) and returns the exit code."""

    name: str
    help: str
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Output], int]


def add_common_options(parser: ArgumentParser, *, top: bool = False) -> None:
    """`--json` and `--cluster`, before the command's name or after it."""
    parser.add_argument(
        "--json", action="store_true", default=False if top else SUPPRESS, help="answer as JSON, one object a line"
    )
    parser.add_argument(
        "--cluster",
        metavar="NAME",
        default=None if top else SUPPRESS,
        help="auto, kind or pocket (default: $LABS_CLUSTER, else the one brought up last, else auto)",
    )
