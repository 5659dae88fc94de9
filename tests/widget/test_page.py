"""The bundle in a real Chromium page: what is shown, the keyboard, hostile text."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page

from .page import chromium, open_widget
from .states import scene, serving

pytestmark = pytest.mark.browser
HOSTILE = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except playwright.Error as error:
        pytest.skip(f"no Chromium: {error}")


def sent(page: Page) -> list[dict[str, Any]]:
    """Messages the page has sent."""
    return list(page.evaluate("model.sent"))


def last(page: Page, kind: str, name: str = "") -> dict[str, Any]:
    """The last message of a kind (and action name)."""
    return [m for m in sent(page) if m["t"] == kind and (not name or m.get("name") == name)][-1]


def clean(page: Page) -> None:
    """No error reached the page's console."""
    assert page.errors == []  # type: ignore[attr-defined]
    page.close()


def test_shows_the_scene(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    assert page.get_by_role("heading", name="Run once, not forever").is_visible()
    assert page.get_by_role("tab", name="Both").get_attribute("aria-selected") == "true"
    assert page.get_by_text("A container has no field").is_visible()
    assert page.get_by_role("group", name="Node node-1").get_by_text("CrashLoopBackOff").is_visible()
    assert page.locator(".lm-log pre").inner_text().strip() == "Hello from K8s"
    assert page.get_by_text("Hint 1 of 3.").is_visible()
    clean(page)


def hostile(value: Any) -> Any:
    """The same shape with every text of a shown field replaced."""
    kept = {
        "green",
        "red",
        "ready",
        "draft",
        "error",
        "text",
        "enum",
        "wrote",
        "defaulted",
        "observed",
        "back",
        "run",
        "Warning",
        "Normal",
    }
    if isinstance(value, dict):
        return {k: hostile(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(v) for v in value]
    return HOSTILE + value if isinstance(value, str) and value not in kept else value


def test_hostile_text_stays_text(browser: Browser) -> None:
    state = hostile(serving())
    state["notice"] = {
        "kind": "error",
        "what": HOSTILE,
        "why": HOSTILE,
        "next": HOSTILE,
        "actions": [{"id": "x", "label": HOSTILE}],
    }
    change = {"path": HOSTILE, "from": HOSTILE, "to": HOSTILE}
    state["preview"] = {
        "title": HOSTILE,
        "objects": [{"kind": HOSTILE, "name": HOSTILE, "state": "changed", "fields": [change]}],
    }
    state["form"]["documents"] = [{"kind": HOSTILE, "name": HOSTILE, "line": 1}] * 2
    state["debrief"] = HOSTILE
    state["cluster"]["phase"] = "waiting"
    page = open_widget(browser, "workbench", state)
    for tab in page.get_by_role("tab").all():
        tab.click()
    page.wait_for_timeout(100)
    assert page.evaluate("globalThis.pwned") is None
    assert page.locator("img, #widget script").count() == 0
    assert page.get_by_text("<img src=x").count() > 10
    page.close()


def test_typing_is_sent_and_edits_come_back_without_moving_the_cursor(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.get_by_role("textbox", name="YAML editor").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("# more")
    page.wait_for_function("model.sent.some((m) => m.t === 'text' && m.text.endsWith('# more'))")
    message = last(page, "text")
    text = message["text"].replace("comand", "command")
    page.evaluate("([text, version]) => model.put({doc: {text, version, origin: ''}})", [text, message["version"] + 1])
    page.keyboard.type("!")
    page.wait_for_function("model.sent.some((m) => m.t === 'text' && m.text.endsWith('# more!'))")
    assert "command:" in last(page, "text")["text"]
    clean(page)


def test_stale_diagnostics_are_dropped(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.get_by_role("textbox", name="YAML editor").click()
    page.keyboard.type("x")
    item = copy.deepcopy(scene()["diagnostics"]["items"][0]) | {"message": "an old answer"}
    page.evaluate("(item) => model.put({diagnostics: {version: 1, items: [item]}})", item)
    assert page.get_by_text("an old answer").count() == 0
    page.evaluate("(item) => model.put({diagnostics: {version: 2, items: [item]}})", item)
    assert page.get_by_text("an old answer").count() == 1
    clean(page)


def test_keyboard(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.get_by_role("tab", name="Both").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_role("tab", name="YAML").get_attribute("aria-selected") == "true"
    assert not page.locator(".lm-form").is_visible()
    editor = page.get_by_role("textbox", name="YAML editor")
    editor.focus()
    page.keyboard.press("Tab")
    assert editor.evaluate("e => e === document.activeElement")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Fix it"
    for _ in range(2):
        page.keyboard.press("Tab")
    assert not editor.evaluate("e => e.contains(document.activeElement)")
    editor.focus()
    page.keyboard.press("Control+Enter")
    kinds = [m.get("name", m["t"]) for m in sent(page)]
    assert kinds[-1] == "apply"
    clean(page)


def test_fix_form_and_hint_messages(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.get_by_role("button", name="Fix it").click()
    assert last(page, "action", "fix")["args"]["index"] == 0
    page.get_by_label("Restart policy").select_option("Never")
    assert last(page, "action", "form")["args"] == {
        "path": "spec.restartPolicy",
        "value": "Never",
        "index": 0,
        "version": 1,
    }
    page.get_by_role("button", name="Next hint").click()
    assert last(page, "action", "hint")
    clean(page)


def test_busy_disables_and_cancel_is_there(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.evaluate("model.put({busy: {action: 'apply', words: 'Applying…'}})")
    assert page.get_by_role("button", name="Apply").is_disabled()
    assert page.get_by_text("Applying…").is_visible()
    page.get_by_role("button", name="Cancel").click()
    assert last(page, "action", "cancel")
    clean(page)


def test_a_view_without_a_kernel_says_so(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.evaluate(
        "document.getElementById('widget').classList.add('jupyter-widgets-disconnected'); model.fire('comm_live_update')"
    )
    page.get_by_text("Run this cell again").wait_for()
    assert page.get_by_role("button", name="Apply").is_disabled()
    clean(page)


def test_a_restarted_kernel_is_noticed(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    page.evaluate("model.slots.forEach((f) => f(null, 'busy'))")
    assert page.get_by_text("Run this cell again").is_hidden()
    page.evaluate("model.slots.forEach((f) => f(null, 'restarting'))")
    assert page.get_by_text("Run this cell again").is_visible()
    clean(page)


def test_narrow_page_has_no_sideways_scroll(browser: Browser) -> None:
    for width, state in ((360, scene()), (620, serving()), (900, scene())):
        page = open_widget(browser, "workbench", state, theme="dark", width=width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        clean(page)


def test_the_form_can_be_switched_and_follows_the_cursor(browser: Browser) -> None:
    state = scene()
    state["doc"]["text"] = "kind: Deployment\n---\nkind: Service\n"
    state["diagnostics"] = {"version": 1, "items": []}
    documents = [{"kind": "Deployment", "name": "a", "line": 1}, {"kind": "Service", "name": "b", "line": 3}]
    state["form"] |= {"documents": documents, "chosen": 0}
    page = open_widget(browser, "workbench", state)
    page.get_by_role("button", name="Service").click()
    assert last(page, "action", "document")["args"] == {"index": 1}
    page.evaluate("(form) => model.put({form})", state["form"] | {"chosen": 1})
    assert page.get_by_role("button", name="Service").get_attribute("aria-pressed") == "true"
    page.get_by_role("textbox", name="YAML editor").focus()
    page.keyboard.press("Control+Home")
    assert last(page, "action", "document")["args"] == {"index": 0}
    clean(page)


def test_objects_of_one_kind_are_chosen_by_name(browser: Browser) -> None:
    state = scene()
    documents = [
        {"kind": kind, "name": name, "line": 1} for kind, name in (("Service", "a"), ("Service", "b"), ("Pod", "c"))
    ]
    state["form"] |= {"documents": documents, "chosen": 0}
    page = open_widget(browser, "workbench", state)
    names = page.get_by_role("group", name="Objects of the manifest").get_by_role("button").all_inner_texts()
    assert names == ["a", "b", "Pod"]
    clean(page)


def test_the_map_keeps_its_elements_and_lights_what_belongs_together(browser: Browser) -> None:
    state = serving()
    page = open_widget(browser, "workbench", state)
    box = page.get_by_role("group", name="Node node-1").locator(".lm-pod").first
    box.evaluate("e => { e.kept = true; }")
    state["world"]["nodes"][0]["pods"][0] |= {"look": "end", "words": "ending"}
    state["world"]["nodes"][0]["pods"].pop()
    page.evaluate("(world) => model.put({world})", state["world"])
    assert box.evaluate("e => e.kept === true && e.classList.contains('lm-pod-end')")
    assert page.get_by_role("group", name="Node node-1").locator(".lm-pod").count() == 1
    page.get_by_role("group", name="Service inference-service").hover()
    assert page.locator(".lm-pod.lm-lit").count() == 3
    page.get_by_role("group", name="Deployment inference-deployment").get_by_text("revision 1 · old").click()
    assert last(page, "action", "focus")["args"] == {"kind": "ReplicaSet", "name": "inference-deployment-7f6b"}
    assert page.get_by_role("link", name="opens at").get_attribute("href") == "http://127.0.0.1:34567"
    clean(page)


def test_a_chosen_pod_has_its_commands_and_a_shell(browser: Browser) -> None:
    page = open_widget(browser, "workbench", serving())
    ran = {"pod": "p", "container": "model", "line": "ls", "text": f"{HOSTILE}\n", "note": "exit code 3", "done": True}
    commands = [
        {"label": "describe", "text": "kubectl describe pod/p"},
        {"label": "shell", "text": "kubectl exec -it p -- sh"},
    ]
    chosen = {
        "kind": "Pod",
        "name": "p",
        "gone": False,
        "url": "",
        "pods": ["p"],
        "commands": commands,
        "containers": ["model"],
        "shell": [ran],
    }
    page.evaluate("(focus) => model.put({focus})", chosen)
    assert page.get_by_role("tab", name="Describe").get_attribute("aria-selected") == "true"
    bar = page.get_by_role("region", name="Chosen object")
    assert bar.get_by_text("kubectl describe pod/p").is_visible()
    bar.get_by_role("button", name="shell").click()
    assert bar.get_by_text("kubectl exec -it p -- sh").is_visible()
    assert "(exit code 3)" in bar.get_by_role("log").inner_text()
    bar.get_by_label("Line for the shell").fill("echo 1")
    page.keyboard.press("Enter")
    assert last(page, "action", "shell")["args"] == {"container": "model", "line": "echo 1"}
    assert page.evaluate("globalThis.pwned") is None and page.locator("img").count() == 0
    bar.get_by_role("button", name="Show all").click()
    assert last(page, "action", "focus")["args"] == {"kind": "", "name": ""}
    clean(page)


def test_the_counter_shows_answers_and_losses(browser: Browser) -> None:
    page = open_widget(browser, "workbench", serving())
    box = page.get_by_role("region", name="Request counter")
    assert box.locator(".lm-second").count() == 40 and box.locator(".lm-call-failed").count() == 2
    assert box.get_by_text("4 × connection refused").is_visible()
    assert box.get_by_text("failed 4", exact=True).is_visible()
    assert box.get_by_role("table", name="Answers by Pod").get_by_role("row").count() == 3
    tall, short = (
        box.locator(".lm-second").nth(i).evaluate("e => [...e.children].reduce((s, c) => s + c.offsetHeight, 0)")
        for i in (20, 0)
    )
    assert 0 < short <= tall <= 60
    page.evaluate("model.put({counter: {}})")
    assert box.is_hidden()
    clean(page)


def test_only_an_address_of_ours_becomes_a_link(browser: Browser) -> None:
    state = serving()
    state["apps"]["services"][0]["url"] = "javascript:alert(1)"
    page = open_widget(browser, "workbench", state)
    assert page.get_by_role("link").count() == 0
    clean(page)


def test_the_preview_is_a_table_from_now_to_then(browser: Browser) -> None:
    page = open_widget(browser, "workbench", scene())
    changed = {
        "kind": "Deployment",
        "name": "d",
        "state": "changed",
        "fields": [{"path": "spec.replicas", "from": "3", "to": "5"}],
    }
    new = {"kind": "Service", "name": "s", "state": "new", "fields": []}
    page.evaluate("(p) => model.put({preview: p})", {"title": "Applying would change this:", "objects": [changed, new]})
    row = page.get_by_role("table", name="Changes of Deployment d").get_by_role("row").nth(1)
    assert row.inner_text().split() == ["spec.replicas", "3", "5"]
    assert page.get_by_text("it would be created").is_visible()
    clean(page)


QUESTION = {
    "id": "q", "prompt": "What happens when the script ends?", "options": ["It starts again", "It stays finished"],
    "answer": {"chosen": None, "confidence": "", "locked": False, "state": "open", "right": None, "feedback": ""},
}  # fmt: skip


def test_predict_locks_with_confidence(browser: Browser) -> None:
    page = open_widget(browser, "predict", {"shown": {"items": [QUESTION]}})
    lock = page.get_by_role("button", name="Lock my prediction")
    page.get_by_label("It stays finished").check()
    assert lock.is_disabled()
    page.get_by_label("I am sure").check()
    lock.click()
    assert last(page, "action", "answer")["args"] == {"id": "q", "chosen": 1, "confidence": "sure"}
    answer = {
        "chosen": 1,
        "confidence": "sure",
        "locked": True,
        "state": "wrong",
        "right": 0,
        "feedback": f"**{HOSTILE}** no",
    }
    page.evaluate("(s) => model.put({shown: s})", {"items": [QUESTION | {"answer": answer}]})
    assert page.get_by_label("It stays finished").is_disabled()
    assert page.evaluate("globalThis.pwned") is None
    clean(page)


def test_practice_moves_lines_and_sends_blanks(browser: Browser) -> None:
    view = {"kind": "reorder", "prompt": "Order", "lines": ["b", "a"], "feedback": {"state": "", "text": ""}}
    page = open_widget(browser, "practice", {"shown": view})
    page.get_by_role("button", name="Move line 2 up").click()
    assert last(page, "action", "move")["args"] == {"from": 1, "to": 0}
    clean(page)
    blanks = {
        "kind": "blanks",
        "prompt": "Fill",
        "parts": ["kind: ", "\n"],
        "values": [],
        "marks": [],
        "feedback": {"state": "", "text": ""},
    }
    page = open_widget(browser, "practice", {"shown": blanks})
    page.get_by_label("Blank 1").fill("Pod")
    page.keyboard.press("Enter")
    assert last(page, "action", "check")["args"] == {"values": ["Pod"]}
    clean(page)
