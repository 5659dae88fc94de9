/** The row of actions under the manifest. */
import { button, h } from "./dom.js";

const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** @param {import("./context.js").Context} ctx @param {ReturnType<typeof import("./editor.js").editor>} edit */
export function actions(ctx, edit) {
  const run = (/** @type {string} */ name) => () => { edit.flush(); ctx.act(name); };
  const apply = button("Apply", run("apply"), "primary", { "aria-keyshortcuts": "Control+Enter Meta+Enter" });
  apply.append(h("kbd", { "aria-hidden": "true" }, MAC ? "⌘ ↵" : "Ctrl ↵"));
  const look = button("Preview changes", run("preview"));
  const remove = button("Delete", run("delete"), "quiet");
  const reset = button("Start over", run("reset"), "quiet");
  const cancel = button("Cancel", () => ctx.act("cancel"), "quiet");
  const words = h("span.lm-busy", { role: "status" });
  ctx.on(["busy", "cluster", "exercise", "status"], () => {
    const busy = ctx.get("busy");
    const working = Boolean(busy.action);
    const ready = ctx.get("cluster").phase === "ready";
    const name = ctx.get("exercise").name;
    remove.textContent = name ? `Delete ${name}` : "Delete";
    for (const b of [apply, look, remove]) b.disabled = working || !ready;
    reset.disabled = working;
    remove.disabled ||= !name;
    cancel.hidden = !working || busy.cancellable === false;
    words.textContent = working ? busy.words : "";
    words.classList.toggle("lm-on", working);
  });
  return h("div.lm-act", { role: "toolbar", "aria-label": "Actions" }, apply, look, remove, reset, h("span.lm-space"), words, cancel);
}
