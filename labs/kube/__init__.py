"""One client of a cluster: apply, dry run, watch, logs, exec, explain."""

from __future__ import annotations

from labs.kube.applying import Applied, DryRun, Preview
from labs.kube.client import Client
from labs.kube.discovery import Resource
from labs.kube.errors import ApiError
from labs.kube.execution import ExecResult
from labs.kube.openapi import OpenApi
from labs.kube.reflector import Reflector

__all__ = ["ApiError", "Applied", "Client", "DryRun", "ExecResult", "OpenApi", "Preview", "Reflector", "Resource"]
