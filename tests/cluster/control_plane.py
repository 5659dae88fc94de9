"""etcd, API server and scheduler of the engine without any node: Node objects are what a test says they are."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from labs.errors import LabsError
from labs.kube import ApiError, Client
from labs.kube.streams import watch_events

Json = dict[str, Any]
_PATIENCE = 120.0
_MEMORY = {"GOGC": "60", "GOMEMLIMIT": "400MiB"}


@contextmanager
def control_plane(engine: Path) -> Iterator[Client]:
    """The three programs on loopback in a folder of their own; all end with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="why-")))
        token, port = secrets.token_hex(16), _free_port()
        kubeconfig = _write(folder, token, port)
        for program in (_etcd(folder), _api_server(folder, port)):
            stack.enter_context(_running(engine, program, folder))
        client = _connected(kubeconfig, folder)
        scheduler = ["kube-scheduler", f"--kubeconfig={kubeconfig}", "--leader-elect=false", "--secure-port=0"]
        stack.enter_context(_running(engine, [*scheduler, "--feature-gates=GenericWorkload=true"], folder))
        yield client


@contextmanager
def _running(engine: Path, arguments: list[str], folder: Path) -> Iterator[None]:
    log = folder / f"{arguments[0]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [engine / "kube", *arguments], stdout=output, stderr=output, env={**os.environ, **_MEMORY}, cwd=folder
        )
        try:
            yield
            assert process.poll() is None, f"{arguments[0]} ended:\n{log.read_text(errors='replace')[-3000:]}"
        finally:
            process.kill()
            process.wait()


def _etcd(folder: Path) -> list[str]:
    client, peer = f"unix://{folder}/etcd.sock", f"unix://{folder}/peer.sock"
    return [
        "etcd", "--name=one", f"--data-dir={folder}/etcd", f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=one={peer}", "--unsafe-no-fsync", "--log-level=warn",
    ]  # fmt: skip


def _api_server(folder: Path, port: int) -> list[str]:
    return [
        "kube-apiserver", f"--etcd-servers=unix://{folder}/etcd.sock", f"--cert-dir={folder}/certs",
        "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={port}", "--endpoint-reconciler-type=none",
        f"--token-auth-file={folder}/tokens.csv", "--anonymous-auth=false", "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition", "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://test", f"--service-account-key-file={folder}/key.pem",
        f"--service-account-signing-key-file={folder}/key.pem",
        "--feature-gates=GenericWorkload=true", "--runtime-config=scheduling.k8s.io/v1beta1=true",
    ]  # fmt: skip


def _write(folder: Path, token: str, port: int) -> Path:
    (folder / "tokens.csv").write_text(f'{token},test,test,"system:masters"\n', encoding="ascii")
    (folder / "key.pem").write_text(_key(), encoding="ascii")
    authority = str(folder / "certs" / "apiserver.crt")
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": authority}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [{"name": "one", "cluster": cluster}],
        "users": [{"name": "one", "user": {"token": token}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config), encoding="ascii")
    return path


def _key() -> str:
    """A private key on P-256 as SEC 1 writes it: version, number, name of the curve."""
    number = b"\x01" + secrets.token_bytes(31)
    der = bytes.fromhex("30310201010420") + number + bytes.fromhex("a00a06082a8648ce3d030107")
    return f"-----BEGIN EC PRIVATE KEY-----\n{base64.encodebytes(der).decode()}-----END EC PRIVATE KEY-----\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connected(kubeconfig: Path, folder: Path) -> Client:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            client = Client.from_kubeconfig(kubeconfig, cache_dir=folder / "cache")
            client.transport.ask("GET", "/readyz")
            return client
        except (LabsError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Verdicts:
    """What the scheduler says of each Pod, as its watch tells: the node's name, or its message."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._said: dict[str, tuple[str, str]] = {}
        self._changed = threading.Condition()
        version = client.transport.ask("GET", "/api/v1/pods", query={"limit": 1}).data["metadata"]["resourceVersion"]
        threading.Thread(target=self._follow, args=(version,), daemon=True).start()

    def of(self, uid: str) -> tuple[str, str]:
        """``(node, "")`` or ``("", message)``, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: uid in self._said, _PATIENCE), "the scheduler said nothing"
            return self._said[uid]

    def _follow(self, version: str) -> None:
        with suppress(LabsError):  # the control plane ends before this thread
            while True:
                for kind, pod in watch_events(self._client.transport, "/api/v1/pods", version):
                    version = pod["metadata"]["resourceVersion"]
                    if kind == "MODIFIED" and (said := _verdict(pod)):
                        with self._changed:
                            self._said.setdefault(pod["metadata"]["uid"], said)
                            self._changed.notify_all()


def _verdict(pod: Mapping[str, Any]) -> tuple[str, str] | None:
    if node := pod["spec"].get("nodeName"):
        return str(node), ""
    for condition in pod["status"].get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return "", str(condition["message"])
    return None


def create(client: Client, obj: Json) -> Json:
    """Create an object as it stands, its status too where the API server takes it."""
    resource = client.resource(obj)
    return client.transport.ask("POST", resource.path(obj["metadata"].get("namespace")), body=obj).data


def remove(client: Client, obj: Json) -> None:
    """Delete an object at once: no controller is there to end what a finalizer waits for (a claim's device)."""
    meta = obj["metadata"]
    with suppress(ApiError):
        client.delete(obj, grace=0)
    if obj["kind"] != "ResourceClaim":
        return
    path = client.resource(obj).path(meta.get("namespace"), meta["name"])
    with suppress(ApiError):
        merge = "application/merge-patch+json"
        client.transport.ask("PATCH", path, body={"metadata": {"finalizers": None}}, content_type=merge)
