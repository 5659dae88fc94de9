"""JupyterLab's settings for the course: its own folders, loopback only, a token, and our cluster on PATH."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.cluster.files import write_json, write_text
from labs.cluster.launcher import launcher, write_launcher
from labs.paths import cluster_dir, state_dir, work_dir

__all__ = ["Settings", "write_settings"]

FIRST_PAGE = "00-welcome.ipynb"

_QUIET = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/fileeditor-extension:language-server",
)
_OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10},
}


@dataclass(frozen=True)
class Settings:
    """How to run JupyterLab: its command, environment, runtime folder and log."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    runtime: Path
    log: Path


def write_settings(cluster: str, *, port: int, browser: bool) -> Settings:
    """Write all settings files (0600, the token is in one of them) and say how to start."""
    base = state_dir() / "jupyter"
    folders = {name: base / name for name in ("config", "data", "runtime", "ipython")}
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = _environment(folders, cluster)
    application = base / "application"
    if not launcher().exists():
        write_launcher([sys.executable, "-m", "labs.cli", "kubectl"], cluster_dir(cluster) / "kubeconfig")
    _write_bashrc(base / "bashrc", environment)
    write_json(folders["config"] / "jupyter_server_config.json", _server(base, application, port, browser))
    write_json(
        folders["config"] / "labconfig" / "page_config.json", {"disabledExtensions": dict.fromkeys(_QUIET, True)}
    )
    write_json(application / "overrides.json", _OVERRIDES)
    write_json(folders["data"] / "kernels" / "python3" / "kernel.json", _kernel())
    log = state_dir() / "logs" / "jupyterlab.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    return Settings((sys.executable, "-m", "jupyterlab"), environment, folders["runtime"], log)


def _environment(folders: Mapping[str, Path], cluster: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER_", "JUPYTERLAB_"))}
    programs = (str(launcher().parent), str(Path(sys.executable).parent), kept.get("PATH", os.defpath))
    around = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1", "localhost")))
    return {
        **kept,
        "JUPYTER_CONFIG_DIR": str(folders["config"]),
        "JUPYTER_DATA_DIR": str(folders["data"]),
        "JUPYTER_RUNTIME_DIR": str(folders["runtime"]),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(folders["ipython"]),
        "KUBECONFIG": str(cluster_dir(cluster) / "kubeconfig"),
        "PATH": os.pathsep.join(programs),
        "NO_PROXY": around,
        "no_proxy": around,
    }


def _server(base: Path, application: Path, port: int, browser: bool) -> dict[str, Any]:
    shell = shutil.which("bash")
    return {
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 50,
            "root_dir": str(work_dir()),
            "open_browser": browser,
            "allow_root": True,
            "jpserver_extensions": {"jupyterlab": True, "jupyter_lsp": False},
            "terminado_settings": {
                "shell_command": [shell, "--rcfile", str(base / "bashrc"), "-i"] if shell else ["sh"]
            },
        },
        "IdentityProvider": {"token": secrets.token_hex(24)},
        "MultiKernelManager": {"default_kernel_name": "python3"},
        "LabApp": {
            "default_url": f"/lab/tree/{FIRST_PAGE}",
            "app_settings_dir": str(application),
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            "expose_app_in_browser": True,
            "extension_manager": "readonly",
        },
    }


def _kernel() -> dict[str, Any]:
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "metadata": {"debugger": True},
    }


def _write_bashrc(path: Path, environment: Mapping[str, str]) -> None:
    """The learner's own bashrc first; then our cluster again, whatever that file has set."""
    programs = os.pathsep.join(environment["PATH"].split(os.pathsep)[:2])
    write_text(
        path,
        "PS1='\\[\\e[32m\\]\\W\\[\\e[0m\\] \\$ '\n"
        "[ -r ~/.bashrc ] && . ~/.bashrc\n"
        f"export KUBECONFIG={shlex.quote(environment['KUBECONFIG'])}\n"
        f'export PATH={shlex.quote(programs)}:"$PATH"\n',
    )
