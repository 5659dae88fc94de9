/** The object as the cluster holds it: what you wrote, what was defaulted, what was observed. */
import { h } from "./dom.js";
import { lazily } from "./tabs.js";

const ORIGINS = /** @type {const} */ ([["wrote", "you wrote"], ["defaulted", "filled in by the API server"], ["observed", "observed (status)"]]);

/** @param {import("./context.js").Context} ctx */
export function held(ctx) {
  const hidden = new Set();
  const text = h("pre.lm-held-text", { tabindex: "0", "aria-label": "The object as the cluster holds it" });
  const legend = h("div.lm-legend", { role: "group", "aria-label": "Show lines that" }, ...ORIGINS.map(([id, words]) => {
    const box = h("input", { type: "checkbox", checked: true, on: { change: () => { if (box.checked) hidden.delete(id); else hidden.add(id); draw(); } } });
    return h(`label.lm-from.lm-from-${id}`, null, box, words);
  }));
  const draw = () => {
    const { lines = [] } = ctx.get("held");
    legend.hidden = !lines.length;
    if (!lines.length) return text.replaceChildren("Nothing in the cluster yet: apply the manifest first.");
    text.replaceChildren(...lines.filter((/** @type {any} */ l) => !hidden.has(l.origin)).map((/** @type {any} */ l) =>
      h(`span.lm-from.lm-from-${l.origin}`, { title: ORIGINS.find(([id]) => id === l.origin)?.[1] }, `${l.text}\n`)));
  };
  const root = h("div.lm-held", null, legend, text);
  lazily(ctx, "held", root, draw);
  return root;
}
