"""A registry on loopback that serves one image, with the program `pocket` as its only file."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _layer(program: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        file.add(program, "bin/pocket")
        for name in ("dev", "proc", "sys", "etc"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            file.addfile(folder)
    return archive.getvalue()


@contextmanager
def registry(program: Path) -> Iterator[str]:
    """Yields the name of the image; its command is `pocket version`."""
    layer = _layer(program)
    packed = gzip.compress(layer, 1)
    settings = {"Entrypoint": ["/bin/pocket"], "Cmd": ["version"], "Env": ["PATH=/bin"]}
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")
    rootfs = {"type": "layers", "diff_ids": [_digest(layer)]}
    config = json.dumps({"os": "linux", "architecture": machine, "config": settings, "rootfs": rootfs}).encode()
    parts = [
        {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": _digest(config), "size": len(config)},
        {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "digest": _digest(packed),
            "size": len(packed),
        },
    ]
    whole = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": parts[0], "layers": [parts[1]]}
    manifest = json.dumps(whole).encode()
    blobs = {_digest(config): config, _digest(packed): packed}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            wanted = self.path.rpartition("/")[2]
            data = manifest if "/manifests/" in self.path else blobs.get(wanted, b"{}")
            self.send_response(200)
            self.send_header("Content-Type", _MANIFEST if data is manifest else "application/octet-stream")
            self.send_header("Docker-Content-Digest", _digest(data))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}/course/pocket:1"
    finally:
        server.shutdown()
        server.server_close()
