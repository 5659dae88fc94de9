"""The command line `labs`: one module per command."""

from __future__ import annotations

from labs.cli.program import main

__all__ = ["main"]
