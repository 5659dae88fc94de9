/** The request counter: one column a second, answers by version from below, errors on top; the sums beside it as words. */
import { h } from "./dom.js";
import { keyed } from "./keyed.js";

/** @param {any} first */
function column(first) {
  const root = h("i.lm-second");
  return {
    root,
    update(/** @type {any} */ second) {
      const parts = [...second.parts, ...(second.failed ? [{ look: "failed", count: second.failed }] : [])];
      root.dataset.total = String(parts.reduce((sum, p) => sum + p.count, 0));
      root.replaceChildren(...parts.map((p) => h(`u.lm-call-${p.look}`, { style: { "--n": p.count } })));
    },
    first,
  };
}

/** @param {any[]} rows @param {(row: any) => any[]} cells @param {string} label @param {string[]} head */
function table(rows, cells, label, head) {
  return h("table.lm-table", { "aria-label": label }, h("thead", null, h("tr", null, ...head.map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", null, ...rows.map((row) => h("tr", null, ...cells(row).map((c) => h("td", null, c))))));
}

/** @param {any[]} errors */
const errorList = (errors) => errors.map((e) => h("p.lm-why", null, `${e.count} × ${e.words}`));

/** @param {import("./context.js").Context} ctx */
export function counter(ctx) {
  const [title, sums, words, tries] = [h("b"), h("span.lm-soft"), h("div"), h("div")];
  const columns = h("div.lm-seconds", { "aria-hidden": "true" });
  const draw = keyed(columns, (/** @type {any} */ s) => String(s.at), column);
  const live = h("div", null, h("div.lm-row", null, title, h("span.lm-space"), sums), columns, words);
  const root = h("section.lm-counter", { "aria-label": "Request counter", hidden: true }, live, tries);
  ctx.on("counter", () => {
    const now = ctx.get("counter") ?? {};
    root.hidden = !now.service && !now.tries?.length;
    live.hidden = !now.service;
    tries.replaceChildren(...(now.tries ?? []).map((/** @type {any} */ t) => h("div.lm-try", null,
      h(`p${t.ok ? "" : ".lm-why"}`, null, t.title), h("p.lm-soft", null, t.pods.map((/** @type {any} */ p) => `${p.pod || "no name"} ${p.ok}`).join(" · ")), ...errorList(t.errors))));
    if (!now.service) return;
    title.textContent = `Calls to ${now.service}, last ${now.seconds.length} s`;
    sums.replaceChildren(...now.versions.flatMap((/** @type {any} */ v) => [h(`i.lm-key.lm-call-${v.look}`, { "aria-hidden": "true" }), `${v.version || "no version"} ${v.ok} `]),
      h(`span${now.failed ? ".lm-why" : ""}`, null, `failed ${now.failed}`));
    draw(now.seconds);
    const most = Math.max(1, ...[...columns.children].map((c) => Number(/** @type {HTMLElement} */ (c).dataset.total)));
    columns.style.setProperty("--most", String(most));
    const { rollout = {} } = now;
    words.replaceChildren(...errorList(now.errors),
      ...(rollout.deployment ? [h(`p${rollout.failed ? ".lm-why" : ""}`, null, `Change of ${rollout.deployment} (${rollout.state}): ${Object.entries(rollout.versions).map(([v, n]) => `${v || "no version"} ${n}`).join(", ")}, lost ${rollout.failed}`)] : []),
      table(now.pods, (p) => [p.pod, h("span", null, h(`i.lm-key.lm-call-${p.look}`, { "aria-hidden": "true" }), p.version), String(p.ok)], "Answers by Pod", ["pod", "version", "answers"]));
  });
  return root;
}
