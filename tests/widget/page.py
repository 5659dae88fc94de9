"""A real Chromium page with one of our widgets behind a fake model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from labs.ui.assets import bundle_hash, bundle_text, loader_text

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
ORIGIN = "http://widget.test"
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
SCRIPT = """
class Model {
  constructor(state) {
    this.state = state; this.sent = []; this.listeners = {}; const slots = this.slots = [];
    this.widget_manager = { kernel: { statusChanged: { connect(f) { slots.push(f); }, disconnect() {} } } };
  }
  get(name) { return this.state[name]; }
  send(content) { this.sent.push(JSON.parse(JSON.stringify(content))); }
  on(name, f) { (this.listeners[name] ??= []).push(f); }
  off(name, f) { this.listeners[name] = (this.listeners[name] ?? []).filter((g) => g !== f); }
  put(state) { Object.assign(this.state, state);
    for (const name of Object.keys(state)) (this.listeners["change:" + name] ?? []).forEach((f) => f());
  }
  fire(name) { (this.listeners[name] ?? []).forEach((f) => f()); }
}
const [hash, state] = JSON.parse(document.getElementById("state").textContent);
const model = globalThis.model = new Model(state);
const loader = (await import("/loader.js")).default;
const drawn = loader.render({ model, el: document.getElementById("widget"), signal: new AbortController().signal });
const assets = (await import("/assets.js")).default;
assets.initialize({ model: { get: () => hash } });
globalThis.close_view = await drawn;
globalThis.ready = true;
"""


def theme_css(theme: str) -> str:
    """The variables of JupyterLab's own ``light`` or ``dark`` theme."""
    text = (THEMES / f"theme-{theme}-extension" / "index.css").read_text(encoding="utf-8")
    return text


def executable() -> str | None:
    """The Chromium to use: ``$LABS_CHROMIUM``, else the system's, else Playwright's own (None)."""
    chosen = os.environ.get("LABS_CHROMIUM", "/usr/bin/chromium")
    return chosen if Path(chosen).exists() else None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that calls nobody."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _html(state: Mapping[str, Any], theme: str) -> str:
    payload = json.dumps([bundle_hash(), state]).replace("<", "\\u003c")
    return (
        f"<!doctype html><meta charset=utf-8><style>{theme_css(theme)}</style>"
        "<style>body{margin:16px;background:var(--jp-layout-color1)}</style>"
        f'<body><script id=state type="application/json">{payload}</script><div id=widget></div>'
        f"<script type=module>{SCRIPT}</script></body>"
    )


def open_widget(
    browser: Browser, kind: str, state: Mapping[str, Any], *, theme: str = "light", width: int = 1240
) -> Page:
    """A page that shows widget ``kind`` from ``state``; ``model`` is the fake model in it."""
    files = {"/": _html(state, theme), "/assets.js": bundle_text(), "/loader.js": loader_text(kind)}
    page = browser.new_page(viewport={"width": width, "height": 1000})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.errors = errors  # type: ignore[attr-defined]

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        kind_of = "text/html" if path == "/" else "text/javascript"
        route.fulfill(body=files.get(path, ""), content_type=f"{kind_of}; charset=utf-8")

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    page.wait_for_function("globalThis.ready === true", timeout=10000)
    return page
