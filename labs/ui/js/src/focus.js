/** The bar of the object that was clicked on: its kubectl commands, and for a Pod a shell, line by line. */
import { copier, terminalButton } from "./command.js";
import { button, h } from "./dom.js";

/** @param {import("./context.js").Context} ctx @param {(tab: string) => void} choose */
export function focus(ctx, choose) {
  let shown = "";
  let command = "";
  const name = h("b");
  const words = h("span.lm-soft");
  const link = h("a.lm-url", { target: "_blank", rel: "noreferrer", hidden: true });
  const text = h("code.lm-cmd-text", { tabindex: "0", "aria-label": "kubectl command for this object" });
  const kinds = h("span.lm-seg", { role: "group", "aria-label": "What to do with it" });
  const sh = shell(ctx);
  const root = h("section.lm-focus", { "aria-label": "Chosen object", hidden: true },
    h("div.lm-row", null, name, words, link, h("span.lm-space"), button("Show all", () => ctx.act("focus", { kind: "", name: "" }), "link")),
    h("div.lm-row", null, kinds), h("div.lm-row.lm-shell", null, text, copier(() => text.textContent ?? ""), terminalButton()), sh.root);
  const draw = () => {
    const { commands = [] } = ctx.get("focus") ?? {};
    const at = commands.find((/** @type {any} */ c) => c.label === command) ?? commands[0];
    text.textContent = at?.text ?? "";
    [...kinds.children].forEach((b) => b.setAttribute("aria-pressed", String(b.textContent === at?.label)));
    sh.root.hidden = at?.label !== "shell";
  };
  ctx.on("focus", () => {
    const now = ctx.get("focus") ?? {};
    root.hidden = !now.kind;
    if (!now.kind) { shown = ""; return; }
    name.textContent = `${now.kind} ${now.name}`;
    words.textContent = now.gone ? "not there any more" : now.kind !== "Pod" && now.pods.length ? `${now.pods.length} Pod${now.pods.length > 1 ? "s" : ""}` : "";
    link.hidden = !/^http:\/\/127\.0\.0\.1:\d+$/.test(now.url);
    if (!link.hidden) { link.href = now.url; link.textContent = `opens at ${now.url}`; }
    const key = JSON.stringify([now.kind, now.name]);
    if (key !== shown) { shown = key; command = ""; choose("describe"); }
    const labels = now.commands.map((/** @type {any} */ c) => c.label);
    if (JSON.stringify(labels) !== kinds.dataset.labels) {
      kinds.dataset.labels = JSON.stringify(labels);
      kinds.replaceChildren(...labels.map((/** @type {string} */ label) => button(label, () => {
        command = label;
        const tab = { describe: "describe", YAML: "object", logs: "log", previous: "log" }[label];
        if (tab) choose(tab);
        draw();
      }, "seg")));
    }
    sh.update(now);
    draw();
  });
  return root;
}

/** Each line is a `sh -c` of its own in the container. @param {import("./context.js").Context} ctx */
function shell(ctx) {
  const out = h("pre", { tabindex: "0", role: "log", "aria-label": "Output of the shell", hidden: true });
  const container = h("select.lm-in", { "aria-label": "Container" });
  const line = h("input.lm-in.lm-mono", { type: "text", "aria-label": "Line for the shell", placeholder: "ls -l /  (each line is its own sh -c; for a session use the command above)", spellcheck: "false", autocomplete: "off", "data-lm-suppress-shortcuts": "true" });
  const run = h("button.lm-b", { type: "submit" }, "Run");
  const form = h("form", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!line.value.trim() || run.disabled) return;
    ctx.act("shell", { container: container.value, line: line.value });
    line.value = "";
  } } }, container, line, run);
  const none = h("p.lm-soft", null, "No container of this Pod is running now.");
  return {
    root: h("div.lm-shellbox", { hidden: true }, out, none, form),
    update(/** @type {any} */ { containers = [], shell: lines = [] }) {
      if (container.dataset.names !== JSON.stringify(containers)) {
        container.dataset.names = JSON.stringify(containers);
        container.replaceChildren(...containers.map((/** @type {string} */ c) => h("option", { value: c }, c)));
      }
      container.hidden = containers.length < 2;
      form.hidden = !containers.length;
      none.hidden = containers.length > 0;
      out.hidden = !lines.length;
      out.textContent = lines.map((/** @type {any} */ l) => `$ ${l.line}\n${l.text}${l.text && !l.text.endsWith("\n") ? "\n" : ""}${l.done ? l.note && `(${l.note})\n` : "…\n"}`).join("");
      out.scrollTop = out.scrollHeight;
    },
  };
}
