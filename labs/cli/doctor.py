"""`labs doctor`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from labs.cli.command import Command
from labs.cli.output import Output
from labs.cluster.doctor import examine

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    """It has no options of its own."""


def _run(arguments: Namespace, output: Output) -> int:
    findings = examine()
    healthy = all(one.ok for one in findings if one.required)
    output.result({"ok": healthy, "findings": [asdict(one) for one in findings]})
    for one in findings:
        output.line(f"{'ok  ' if one.ok else 'FAIL' if one.required else 'note'}  {one.name}: {one.found}")
        if not one.ok:
            output.line(f"        why:  {one.why}")
            output.line(f"        next: {one.next_step}")
    output.line("This machine can run the course" if healthy else "Something is missing: see FAIL above")
    return 0 if healthy else 1


COMMAND = Command("doctor", "look at this machine and say what is missing", _configure, _run)
