"""`labs kubectl …`: our kubectl with our kubeconfig; every word after `kubectl` is kubectl's."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from labs import cluster
from labs.cli.command import Command
from labs.cli.output import Output
from labs.cluster.launcher import kubectl_environment

__all__ = ["COMMAND", "split"]


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our words and kubectl's: `labs --cluster pocket kubectl get pods` passes on `get pods`."""
    expect_value = False
    for place, word in enumerate(words):
        if word == "kubectl" and not expect_value:
            return list(words[: place + 1]), list(words[place + 1 :])
        if not word.startswith("-") and not expect_value:
            break
        expect_value = word == "--cluster"
    return list(words), []


def _configure(parser: ArgumentParser) -> None:
    parser.usage = "labs [--cluster NAME] kubectl ..."


def _run(arguments: Namespace, output: Output) -> int:
    target = cluster.get(arguments.cluster)
    settings = kubectl_environment(target.kubeconfig())
    words = target.kubectl()
    os.execve(words[0], [*words, *arguments.passed], {**os.environ, **settings})


COMMAND = Command("kubectl", "run our kubectl on this cluster", _configure, _run)
