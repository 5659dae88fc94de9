/** The frame of the small widgets: drawn from `view`, says so when its kernel is gone. */
import { closer, context, whenGone } from "../context.js";
import { h } from "../dom.js";

/** @param {any} from @param {string} label @param {(ctx: import("../context.js").Context, view: any) => any[]} draw */
export function beat(from, label, draw) {
  const ctx = context(from);
  const gone = h("p.lm-gone", { role: "alert", hidden: true }, "This view is from an earlier kernel. Run this cell again.");
  const body = h("div.lm-beat-body");
  const root = h("section.lm-wb.lm-beat", { "aria-label": label, "data-lm-suppress-shortcuts": "true" }, gone, h("h3", null, label), body);
  ctx.on("shown", () => {
    const at = document.activeElement;
    const name = body.contains(at) ? at?.getAttribute("name") : null;
    body.replaceChildren(...draw(ctx, ctx.get("shown")).filter(Boolean));
    if (name) /** @type {any} */ (body.querySelector(`[name="${CSS.escape(name)}"]:checked, [name="${CSS.escape(name)}"]`))?.focus();
  });
  whenGone(ctx, () => {
    gone.hidden = false;
    root.querySelectorAll("button, input, select, textarea").forEach((/** @type {any} */ b) => { b.disabled = true; });
  });
  from.el.append(h("div.lm-frame", null, root));
  return closer(ctx);
}
