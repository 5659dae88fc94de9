"""JupyterLab as a person uses it: open a notebook, run a cell, restart the kernel, use a workbench."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

QUICK = 10_000
SLOW = 60_000


class Notebook:
    """A notebook in JupyterLab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        name = url.split("/tree/")[1].split("?")[0]
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        expect(page.get_by_role("tab", name=re.compile(re.escape(name))).first).to_be_visible(timeout=SLOW)
        expect(self.panel.locator(".jp-CodeCell").first).to_be_attached(timeout=SLOW)
        self.until_idle()

    def until_idle(self) -> None:
        """Wait for the kernel: what is run earlier is lost."""
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text(re.compile(r"Python 3.*\| Idle"), timeout=SLOW)

    def cell(self, source: str) -> Locator:
        """The code cell whose source has these words."""
        editor = self.page.locator(".jp-InputArea-editor", has_text=source)
        return self.panel.locator(".jp-CodeCell", has=editor).first

    def run(self, source: str) -> Locator:
        """Run the cell with these words and wait until it has its number; returns the cell."""
        cell = self.cell(source)
        cell.scroll_into_view_if_needed(timeout=QUICK)
        cell.locator(".jp-InputArea-editor .cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputPrompt").first).to_have_text(re.compile(r"\[\d+\]"), timeout=SLOW)
        return cell

    def restart(self) -> None:
        """Kernel → Restart Kernel…, and yes."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile(r"^Restart Kernel…")).click()
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        self.until_idle()


class Workbench:
    """The workbench of one exercise."""

    def __init__(self, cell: Locator, exercise: str) -> None:
        self.page = cell.page
        self.root = cell.get_by_role("group", name=f"Exercise {exercise}", exact=True)
        expect(self.root).to_be_visible(timeout=SLOW)
        expect(self.button("Apply")).to_be_enabled(timeout=SLOW)

    def button(self, name: str) -> Locator:
        """A button of the row of actions."""
        return self.root.get_by_role("toolbar", name="Actions").get_by_role("button", name=re.compile(f"^{name}"))

    @property
    def editor(self) -> Locator:
        """The YAML editor."""
        return self.root.get_by_label("YAML editor")

    def type(self, text: str) -> None:
        """Replace the manifest as by a paste."""
        self.editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def text(self) -> str:
        """The manifest without the diagnostics between its lines."""
        return "\n".join(self.editor.locator(".cm-line").all_inner_texts())

    def field(self, label: str) -> Locator:
        """A field of the form."""
        return self.root.get_by_role("form").get_by_label(label, exact=True)

    def diagnostics(self) -> Locator:
        """What is wrong, at its line."""
        return self.editor.locator(".lm-diag")

    def check(self, name: str) -> Locator:
        """The line of a check."""
        return self.root.locator(f"[data-check={name}]")

    def green(self, name: str, *, within: int = SLOW) -> None:
        """Wait until a check is green."""
        expect(self.check(name)).to_have_class(re.compile(r"\blm-ck-green\b"), timeout=within)
