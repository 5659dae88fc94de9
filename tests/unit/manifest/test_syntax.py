"""What the learner reads when a text is not YAML, and what the fix makes of it."""

from __future__ import annotations

import pytest

from labs.manifest import apply_edits, parse, render

from .snapshot import assert_snapshot

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: python:3.10
      command: ["python", "-c", "print(1)"]
"""

BROKEN = {
    "tab": POD.replace("  name: web\nspec", "\tname: web\nspec"),
    "tabs in many lines": POD.replace("    - name", "\t\t- name")
    .replace("      image", "\t\t\timage")
    .replace("      command", "\t\t\tcommand"),
    "no space after colon": POD.replace("kind: Pod", "kind:Pod"),
    "no space, nested": POD.replace("      image: ", "      image:"),
    "quote not closed": POD.replace("name: web\nspec", "name: 'web\nspec"),
    "double quote not closed": POD.replace("image: python:3.10", 'image: "python:3.10'),
    "quote closed by the next": POD.replace("name: web\nspec", "name: 'web\nspec").replace(
        "image: python:3.10", "image: 'python:3.10'"
    ),
    "one space too few": POD.replace("  name: web\nspec", "  name: web\n labels: {}\nspec"),
    "item one space off": POD.replace("      image", "     image"),
    "item one space more": POD.replace("      image", "       image"),
    "first line indented": "  " + POD,
    "list bracket": POD.replace('"print(1)"]', '"print(1)"'),
    "comma": POD.replace('"-c", ', '"-c" '),
    "stray bracket": POD.replace("python:3.10", "]"),
    "map bracket": POD.replace("name: web\nspec", "labels: {app: web\nspec"),
    "at sign": POD.replace("name: web\nspec", "name: @web\nspec"),
    "back-tick": POD.replace("name: web\nspec", "name: `web`\nspec"),
    "template": POD.replace("name: web\nspec", "name: {{ name }}\nspec"),
    "colon in value": POD.replace("name: web\nspec", "name: web: first\nspec"),
    "no colon": POD.replace("metadata:", "metadata"),
    "no colon at the end": POD + "      args\n",
    "item beside key": POD.replace("command: [", "args: - x\n      command: ["),
    "text after quote": POD.replace("name: web\nspec", 'name: "web" server\nspec'),
    "escape": POD.replace('"print(1)"', '"\\d+"'),
    "star": POD.replace("name: web\nspec", "name: * * *\nspec"),
    "question mark": POD.replace('"print(1)"', "http://x/a?b"),
    "twice": POD + "      image: busybox\n",
    "infinity": POD + "      x: .inf\n",
    "list as key": POD + "      [a]: b\n",
    "merge of text": POD + "      <<: text\n",
    "control character": POD.replace("web\nspec", "w\x07eb\nspec"),
    "self": "a: &a\n  b: *a\n",
    "deep": "[" * 200,
    "directive": "%YAML 1.2\n---\na: 1\n",
    "tag": "a: !!int x\n",
    "emoji before": POD.replace("name: web\nspec", "name: 😀 'web': x\nspec"),
    "windows": POD.replace("kind: Pod", "kind:Pod").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    text = BROKEN[name]
    parts = []
    for diagnostic in parse(text).diagnostics:
        parts.append(render(text, diagnostic))
        if diagnostic.fix:
            fixed = parse(apply_edits(text, diagnostic.fix.edits))
            parts.append(f"  after the fix: {', '.join(d.code for d in fixed.diagnostics) or 'no problem'}\n")
    assert parts
    assert_snapshot(f"syntax-{name.replace(' ', '-').replace(',', '')}", "".join(parts))
