"""Serves the model over HTTP on port 5000.

`GET /healthz` the process lives; `GET /readyz` the weights are loaded (503 until then, and while it ends);
`GET /version` which version on which pod; `POST /predict` {"pixels": [64 numbers from 0 to 16]}.

Environment: MODEL_VERSION (set by the image), MODEL_LOAD_SECONDS (how long loading takes, default 0), HOST, PORT.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from model import PIXELS, Model
from waitress.server import create_server

DRAIN_SECONDS = 10.0


class Service:
    """The model of this version, once it is loaded."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.model: Model | None = None
        self.ending = False
        self._file = folder / f"weights-{version}.npz"
        if not self._file.is_file():
            sys.exit(f"mymodel {version}: the weights are missing: there is no {self._file}")

    def load(self, seconds: float) -> None:
        """Load the weights; a large model would need these seconds."""
        time.sleep(seconds)
        self.model = Model(self._file)
        print(f"mymodel {self.version}: weights loaded", flush=True)


def make_app(service: Service) -> Flask:
    """The web application."""
    app = Flask(__name__)
    pod = {"version": service.version, "pod": socket.gethostname()}

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok", **pod)

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        if service.model is None or service.ending:
            return jsonify(status="ending" if service.ending else "loading", **pod), 503
        return jsonify(status="ready", **pod)

    @app.get("/version")
    def version() -> ResponseReturnValue:
        return jsonify(pod)

    @app.post("/predict")
    def predict() -> ResponseReturnValue:
        if service.model is None:
            return jsonify(error="the weights are still being loaded", **pod), 503
        try:
            pixels = np.array(request.get_json(silent=True)["pixels"], dtype=np.float64)
        except (TypeError, KeyError, ValueError):
            pixels = np.empty(0)
        if pixels.shape != (PIXELS,):
            return jsonify(error=f'send JSON with {PIXELS} numbers: {{"pixels": [0, 3, …]}}', **pod), 400
        digit, probability = service.model.predict(pixels)
        return jsonify(digit=digit, probability=round(probability, 4), **pod)

    return app


def end_gracefully(service: Service, server: Any) -> None:
    """On SIGTERM take no new connection, finish the requests that have begun, and end."""

    def drain() -> None:
        server.accepting = False
        server.socket.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and any(busy(one) for one in list(server.active_channels.values())):
            time.sleep(0.01)
        print(f"mymodel {service.version}: ended", flush=True)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def busy(channel: Any) -> bool:
        return bool(channel.requests or channel.request or channel.total_outbufs_len)

    def begin(number: int, frame: FrameType | None) -> None:
        service.ending = True
        threading.Thread(target=drain, daemon=True).start()

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, begin)


def main() -> None:
    """Listen at once; be ready when the weights are loaded."""
    service = Service(os.environ.get("MODEL_VERSION", "v1"), Path(__file__).parent)
    server = create_server(
        make_app(service), host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ.get("PORT", "5000")), threads=8
    )
    end_gracefully(service, server)
    threading.Thread(target=service.load, args=(float(os.environ.get("MODEL_LOAD_SECONDS", "0")),), daemon=True).start()
    print(f"mymodel {service.version}: listening on port {server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
