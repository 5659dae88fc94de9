"""How a refusal of the API server and a cluster that does not answer become errors of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labs.errors import ClusterError, LabsError

__all__ = ["ApiError", "unreachable"]


class ApiError(LabsError):
    """The API server refused a request. `status` is its Kubernetes Status, `code` the HTTP code."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self.status = dict(status)
        self.code = int(status.get("code") or 500)
        super().__init__(what=str(status.get("message") or status.get("reason") or f"HTTP {self.code}"))

    def __reduce__(self) -> tuple[object, ...]:
        return ApiError, (self.status,)

    @classmethod
    def from_body(cls, code: int, body: str | bytes | None) -> ApiError:
        """The error in an answer; a body that is no Status is taken as its message."""
        try:
            data = json.loads(body or "")
        except ValueError:
            data = None
        if not isinstance(data, dict) or data.get("kind") != "Status":
            text = body.decode(errors="replace") if isinstance(body, bytes) else body
            data = {"kind": "Status", "status": "Failure", "message": (text or "").strip() or f"HTTP {code}"}
        return cls({**data, "code": data.get("code") or code})


def unreachable(error: Exception) -> ClusterError:
    """No answer at all: refused, timed out, broken off."""
    return ClusterError(
        what="The cluster does not answer",
        why=f"The API server could not be reached: {type(error).__name__}",
        next_step="Run `labs status`; `labs up` starts it",
    )
