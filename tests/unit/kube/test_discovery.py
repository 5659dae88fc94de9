"""Discovery on a bad connection."""

from __future__ import annotations

import pytest
import urllib3

from labs.errors import ClusterError
from labs.kube.discovery import Discovery


@pytest.mark.parametrize("fault", [urllib3.exceptions.ProtocolError("cut off"), ValueError("no JSON")])
def test_a_broken_answer_is_an_error_of_ours(fault: Exception) -> None:
    class Broken:
        def request(self, *words: object, **options: object) -> object:
            assert options["_request_timeout"]
            raise fault

    with pytest.raises(ClusterError):
        Discovery(Broken(), None).all()
