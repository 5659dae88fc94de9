"""How pip on this machine reaches its packages: index, proxy, certificates, folders of wheels."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval as literal

__all__ = ["pip_settings"]

_OPTIONS = (
    "cert",
    "client-cert",
    "extra-index-url",
    "find-links",
    "index-url",
    "no-index",
    "proxy",
    "trusted-host",
)
_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "all_proxy")
_SCOPES = ("global", "install", ":env:")
"""Of `pip config list`, the stronger later."""


def pip_settings() -> dict[str, str]:
    """Variables (PIP_INDEX_URL, HTTPS_PROXY, …) that give another pip the same way; empty where it needs none."""
    names = {*_VARIABLES, *(name.upper() for name in _VARIABLES)}
    return read(_listed()) | {name: os.environ[name] for name in sorted(names) if os.environ.get(name)}


def read(listed: str) -> dict[str, str]:
    """Variables for what `pip config list` prints, a line such as ``global.index-url='https://…'`` each."""
    found: dict[str, str] = {}
    for scope in _SCOPES:
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            option = name.removeprefix(f"{scope}.")
            if option != name and option in _OPTIONS:
                found[f"PIP_{option.upper().replace('-', '_')}"] = " ".join(_text(value).split())
    return {name: value for name, value in found.items() if value}


def _listed() -> str:
    words = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _text(value: str) -> str:
    try:
        return str(literal(value))
    except (ValueError, SyntaxError):
        return value
