/** "Why is it Pending?": a row for each node, beside the scheduler's own words. */
import { button, fill, h } from "./dom.js";

/** @param {import("./context.js").Context} ctx */
export function why(ctx) {
  const root = h("section.lm-pending", { "aria-label": "Why is it Pending?", hidden: true });
  ctx.on("why", () => {
    const now = ctx.get("why") ?? {};
    root.hidden = !now.pod;
    if (!now.pod) return root.replaceChildren();
    root.replaceChildren(...fill([
      h("h3", null, "Why is ", h("b", null, now.pod), " Pending?"), h("p", null, now.what, now.next && ` ${now.next}`),
      now.rows.length > 0 && h("div.lm-scroll", null, nodes(now)),
      now.devices.length > 0 && h("div.lm-scroll", null, devices(now)),
      h("p.lm-pending-event", null, h("b", null, "FailedScheduling"), ` ${now.event}`),
      now.others.length > 0 && h("p.lm-soft", null, "Also waiting: ", ...now.others.map((/** @type {string} */ name) => button(name, () => ctx.act("focus", { kind: "Pod", name }), "link"))),
    ]));
  });
  return root;
}

const head = (/** @type {string[]} */ titles) => h("thead", null, h("tr", null, ...titles.map((t) => h("th", { scope: "col" }, t))));

const sign = (/** @type {boolean} */ ok) => h(`span.lm-pending-${ok ? "yes" : "no"}`, { role: "img", "aria-label": ok ? "yes" : "no" }, ok ? "✓" : "✕");

/** @param {any} now */
function nodes({ pod, columns, rows }) {
  return h("table.lm-table", { "aria-label": `Nodes that ${pod} could be on` }, head(["node", ...columns]),
    h("tbody", null, ...rows.map((/** @type {any} */ row) => h("tr", null, h("th", { scope: "row" }, row.node), ...row.cells.map((/** @type {any} */ cell) =>
      h(`td${cell.first ? ".lm-pending-first" : ""}`, { title: cell.first ? "the scheduler's reason" : null }, sign(!cell.words), cell.words && ` ${cell.words}`, cell.detail && h("span.lm-soft", null, cell.detail)))))));
}

/** @param {any} now */
function devices({ pod, devices: all }) {
  return h("table.lm-table", { "aria-label": `Devices that ${pod} could have` }, head(["device", "of node", "held by", "what the claim asks of it"]),
    h("tbody", null, ...all.map((/** @type {any} */ one) => h("tr", null, h("th", { scope: "row" }, sign(one.fits), ` ${one.device}`), h("td", null, one.node), h("td", null, one.held || "nobody"),
      h("td", null, ...one.conditions.map((/** @type {any} */ c) => h("div", null, sign(c.ok), " ", h("code", null, c.text), h("span.lm-soft", null, c.note))))))));
}
