"""Parses the command line, runs one command and turns every way of ending into words and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from types import FrameType

from labs.cli import (
    build,
    doctor,
    down,
    engine,
    gpus,
    images,
    kubectl,
    lessons,
    progress,
    reset,
    start,
    status,
    try_files,
    up,
    url,
    why,
)
from labs.cli.command import Command, add_common_options
from labs.cli.output import Output
from labs.errors import LabsError, NotJudged, UsageError
from labs.paths import cache_dir, state_dir

__all__ = ["COMMANDS", "main"]

COMMANDS: tuple[Command, ...] = (
    start.COMMAND,
    up.COMMAND,
    down.COMMAND,
    status.COMMAND,
    reset.COMMAND,
    doctor.COMMAND,
    lessons.COMMAND,
    try_files.COMMAND,
    progress.COMMAND,
    why.COMMAND,
    url.COMMAND,
    kubectl.COMMAND,
    build.COMMAND,
    images.COMMAND,
    gpus.COMMAND,
    engine.COMMAND,
)
_INTERRUPTED, _TERMINATED = 130, 143
_UNEXPECTED = 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `labs` with these arguments (default: of this process) and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parse(words)
    output = Output(as_json=parsed.json)
    command = next(one for one in COMMANDS if one.name == parsed.command)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        return command.run(parsed, output)
    except LabsError as error:
        output.error(error)
        return _code(command, error)
    except KeyboardInterrupt:
        output.note("Interrupted. What had been started was ended; the same command goes on from here.")
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _INTERRUPTED
    except Exception as error:
        if os.environ.get("LABS_DEBUG"):
            raise
        output.error(_explain(error))
        return 3 if command is try_files.COMMAND else _UNEXPECTED
    finally:
        signal.signal(signal.SIGTERM, previous)


def _parse(words: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="labs", description="Kubernetes for machine learning, on a real cluster of your own.")
    add_common_options(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        below = commands.add_parser(command.name, help=command.help, description=command.help)
        if command is not kubectl.COMMAND:
            add_common_options(below)
        command.configure(below)
    own, passed = kubectl.split(words)
    parsed = parser.parse_args(own)
    parsed.passed = passed
    return parsed


def _code(command: Command, error: LabsError) -> int:
    if isinstance(error, UsageError):
        return 2
    return 3 if command is try_files.COMMAND or isinstance(error, NotJudged) else 1


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(_TERMINATED)


def _explain(error: Exception) -> LabsError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabsError(
            what="The disk is full",
            why=f"Writing {error.filename or 'a file'} failed; state is in {state_dir()}, caches in {cache_dir()}",
            next_step="Free some space and run the same command again",
        )
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return LabsError(
            what=f"{error.filename} cannot be used",
            why=str(error.strerror),
            next_step="It may belong to another user: give it back to yourself, or set LABS_STATE_DIR and LABS_CACHE_DIR",
        )
    return LabsError(
        what=f"Something unexpected happened: {type(error).__name__}: {error}",
        why="This is a fault of the course, not of yours",
        next_step=f"The details are in {_log(error)}; LABS_DEBUG=1 shows them here",
    )


def _log(error: Exception) -> str:
    try:
        path = state_dir() / "logs" / "labs.log"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\nlabs {' '.join(sys.argv[1:])}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return "no log (the state folder cannot be written)"
    return str(path)
