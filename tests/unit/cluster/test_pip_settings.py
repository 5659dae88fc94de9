"""What another pip is told, so that it reaches packages as the one of this machine does."""

from __future__ import annotations

import pytest

from labs.cluster.pip_settings import pip_settings, read

LISTED = """\
:env:.cert='/own.pem'
:env:.disable-pip-version-check='1'
global.cert='/all.pem'
global.index-url='https://me:secret@packages.example/simple'
global.find-links='\\n/wheels\\n/more'
install.index-url='https://install.example/simple'
global.quiet='1'
wheel.index-url='https://other.example'
"""


def test_strongest_setting_of_each_option_is_read() -> None:
    assert read(LISTED) == {
        "PIP_CERT": "/own.pem",
        "PIP_INDEX_URL": "https://install.example/simple",
        "PIP_FIND_LINKS": "/wheels /more",
    }
    assert read("") == {} and read("WARNING: nothing") == {}


def test_pip_itself_and_the_proxies_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TRUSTED_HOST", "packages.example")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    found = pip_settings()
    assert found["PIP_TRUSTED_HOST"] == "packages.example" and found["https_proxy"] == "http://127.0.0.1:3128"
