/** Events, Describe and the table that says the same as the map. */
import { h } from "./dom.js";
import { lazily } from "./tabs.js";

/** @param {string[]} head @param {any[][]} rows @param {string} label @param {string} empty */
function grid(head, rows, label, empty) {
  if (!rows.length) return h("p.lm-empty", null, empty);
  return h("table.lm-table", { "aria-label": label },
    h("thead", null, h("tr", null, ...head.map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", null, ...rows.map((row) => h("tr", null, ...row.map((cell) => h("td", null, cell))))));
}

/** @param {import("./context.js").Context} ctx */
export function events(ctx) {
  const root = h("div.lm-scroll");
  lazily(ctx, "events", root, () => {
    const rows = ctx.get("events").map((/** @type {any} */ e) => [
      e.time, h(`span.lm-ev-${e.type === "Warning" ? "warn" : "normal"}`, null, e.reason), e.object,
      h("span", null, e.message, e.count > 1 && h("span.lm-soft", null, ` ×${e.count}`)),
    ]);
    root.replaceChildren(grid(["time", "reason", "object", "message"], rows, "Events", "No events yet. Kubernetes writes one for each step it takes."));
  });
  return root;
}

/** @param {import("./context.js").Context} ctx */
export function describe(ctx) {
  const root = h("pre.lm-pre", { tabindex: "0", "aria-label": "Description of the object" });
  lazily(ctx, "describe", root, () => { root.textContent = ctx.get("describe") || "Nothing to describe yet: apply the manifest first."; });
  return root;
}

/** @param {import("./context.js").Context} ctx */
export function table(ctx) {
  const root = h("div.lm-scroll");
  lazily(ctx, "table", root, () => {
    const { columns = [], rows = [] } = ctx.get("table");
    root.replaceChildren(grid(columns, rows, "Objects of the namespace", "No objects in this namespace yet."));
  });
  return root;
}
