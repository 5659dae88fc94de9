/** The line that says what a button does, as kubectl, Python or YAML. */
import { button, h } from "./dom.js";

const KINDS = /** @type {const} */ ([["kubectl", "kubectl"], ["python", "Python"], ["yaml", "YAML"]]);

/** A button that copies what `text` says at that moment. @param {() => string} text */
export function copier(text) {
  const copy = button("Copy", async () => {
    const done = await copied(text());
    copy.textContent = done ? "Copied" : "Select and copy";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  }, "link");
  return copy;
}

/** A button that opens JupyterLab's terminal; null where there is none. */
export function terminalButton() {
  const app = /** @type {any} */ (globalThis).jupyterapp;
  return app?.commands?.hasCommand?.("terminal:create-new")
    ? button("Terminal here", () => app.commands.execute("terminal:create-new"), "link") : null;
}

/** @param {import("./context.js").Context} ctx */
export function command(ctx) {
  let kind = "kubectl";
  const text = h("code.lm-cmd-text", { tabindex: "0" });
  const choices = KINDS.map(([id, label]) => button(label, () => { kind = id; draw(); }, "seg", { "data-kind": id, "aria-pressed": "false" }));
  const draw = () => {
    const commands = ctx.get("commands");
    text.textContent = commands[kind] ?? "";
    choices.forEach((b, i) => b.setAttribute("aria-pressed", String(KINDS[i][0] === kind)));
    root.classList.toggle("lm-shell", kind === "kubectl");
  };
  const root = h("div.lm-cmd", null, text, h("span.lm-space"), h("span.lm-seg", { role: "group", "aria-label": "Shown as" }, ...choices), copier(() => text.textContent ?? ""), terminalButton());
  ctx.on("commands", draw);
  return root;
}

/** @param {string} text @returns {Promise<boolean>} */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
