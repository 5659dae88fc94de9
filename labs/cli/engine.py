"""`labs engine [build | bundle FILE | import FILE | clean]`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from labs.cli.command import Command, add_common_options
from labs.cli.output import Output
from labs.cluster.pocket.bundle import export_bundle, import_bundle
from labs.cluster.pocket.clean import clean
from labs.cluster.pocket.engine import Engine, ensure_engine, find_engine
from labs.cluster.pocket.recipe import KUBERNETES, content_hash, engine_platform

__all__ = ["COMMAND"]


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_common_options(
        actions.add_parser("build", help="build the programs of the pocket cluster, unless they are there")
    )
    add_common_options(actions.add_parser("clean", help="remove Go's caches and engines of other versions"))
    bundle = actions.add_parser("bundle", help="write the programs into one file for others")
    load = actions.add_parser("import", help="use the programs from such a file")
    for action in (bundle, load):
        add_common_options(action)
        action.add_argument("file", type=Path, metavar="FILE")


def _run(arguments: Namespace, output: Output) -> int:
    if arguments.action == "build":
        return _show(ensure_engine(output.progress), output)
    if arguments.action == "bundle":
        path = export_bundle(arguments.file, output.progress)
        output.result({"event": "result", "file": str(path)})
        output.line(f"Wrote {path}; on the other machine: labs engine import {path.name}")
        return 0
    if arguments.action == "import":
        return _show(import_bundle(arguments.file, output.progress), output)
    if arguments.action == "clean":
        return _clean(output)
    return _show(find_engine(), output)


def _clean(output: Output) -> int:
    freed = clean()
    output.result({"event": "result", "engines_bytes": freed.engines, "go_bytes": freed.go})
    engines, go = freed.engines / 1e9, freed.go / 1e9
    output.line(f"Freed {engines + go:.1f} GB: Go's caches {go:.1f}, engines of other versions {engines:.1f}")
    output.line("The engine of this version is kept; another build fetches Go's modules again")
    return 0


def _show(engine: Engine | None, output: Output) -> int:
    wanted = {"hash": content_hash(), "platform": engine_platform(), "kubernetes": KUBERNETES}
    found: dict[str, Any] = {"folder": str(engine.folder), **engine.manifest} if engine else {}
    output.result({"event": "result", "built": engine is not None, **wanted, **found})
    output.line(f"Engine {found.get('hash') or wanted['hash']}: Kubernetes {KUBERNETES} for {wanted['platform']}")
    output.line(f"  {engine.folder}" if engine else "  not built yet: run `labs engine build`")
    return 0 if engine else 1


COMMAND = Command("engine", "build, share, import or tidy up the programs of the pocket cluster", _configure, _run)
