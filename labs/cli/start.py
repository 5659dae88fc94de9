"""`labs start`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from labs import cluster
from labs.cli.command import Command
from labs.cli.launch.lessons import Copied, copy_lessons, lessons_source
from labs.cli.launch.session import bring_up, free_port, jupyterlab, one_interrupt
from labs.cli.launch.settings import write_settings
from labs.cli.output import Output
from labs.cli.up import add_shape_options, port_number, shape_words
from labs.cluster.files import read_json, write_json
from labs.cluster.locks import exclusive
from labs.errors import Busy, LabsError
from labs.paths import state_dir, work_dir

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--port", type=port_number, default=8888, metavar="N", help="JupyterLab's port, or the next free one"
    )
    parser.add_argument("--keep", action="store_true", help="leave the cluster running at the end")
    add_shape_options(parser)


def _run(arguments: Namespace, output: Output) -> int:
    try:
        with exclusive(state_dir() / "start.lock", what="the course"):
            return _session(arguments, output)
    except Busy:
        running = read_json(state_dir() / "start.json")
        if running is None:
            raise
        output.result({"event": "already-running", **running})
        output.line(f"The course is open already: {running['url']}")
        return 0


def _session(arguments: Namespace, output: Output) -> int:
    with one_interrupt():
        try:
            return _run_both(arguments, output)
        except KeyboardInterrupt:
            kept = "The cluster keeps running" if arguments.keep else "The cluster has ended"
            output.note(f"JupyterLab has ended. {kept}.")
            return 130


def _run_both(arguments: Namespace, output: Output) -> int:
    choice = cluster.choose(arguments.cluster)
    if choice.why:
        output.note(choice.why)
    name = choice.name
    _tell(copy_lessons(lessons_source(), work_dir()), output)
    port = free_port(arguments.port)
    settings = write_settings(name, port=port, browser=not arguments.no_browser)
    with (
        bring_up(name, shape_words(arguments), settings, output, keep=arguments.keep),
        jupyterlab(settings) as (process, address),
        _announced(address, arguments, output),
    ):
        code = process.wait()
    if code:
        raise LabsError(
            what=f"JupyterLab has ended by itself ({code})",
            why=f"Its log is {settings.log}",
            next_step="Start again: your notebooks and the cluster's state are kept",
        )
    return 0


@contextmanager
def _announced(address: str, arguments: Namespace, output: Output) -> Iterator[None]:
    """Tell where the course is, here and (0600) to a second `labs start`."""
    record = state_dir() / "start.json"
    write_json(record, {"url": address, "work": str(work_dir())})
    output.result({"event": "open", "url": address, "work": str(work_dir())})
    output.line(f"The course is open: {address}")
    output.line(f"Your notebooks and manifests: {work_dir()}")
    output.line(f"Ctrl-C ends JupyterLab{'' if arguments.keep else ' and the cluster'}")
    try:
        yield
    finally:
        record.unlink(missing_ok=True)
        output.note("Ending…")


def _tell(copied: Copied, output: Output) -> None:
    output.result({"event": "lessons", "new": copied.new, "updated": copied.updated, "beside": copied.beside})
    for name in copied.updated:
        output.line(f"Updated: {name}")
    for name in copied.beside:
        output.line(
            f"There is a new version of a lesson that you have edited; yours is untouched, the new one is: {name}"
        )


COMMAND = Command("start", "open the course in JupyterLab, with its cluster", _configure, _run)
