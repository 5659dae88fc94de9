/** What went wrong and what to do next; the preview of changes; how far the cluster is. */
import { button, h, paragraphs, rich } from "./dom.js";

/** @param {import("./context.js").Context} ctx @param {ReturnType<typeof import("./editor.js").editor>} edit */
export function notice(ctx, edit) {
  const root = h("div.lm-notice", { role: "alert", hidden: true });
  ctx.on(["notice", "busy"], () => {
    const { kind, what, why, next, actions = [] } = ctx.get("notice");
    root.hidden = !what;
    root.className = `lm-notice lm-notice-${kind ?? "info"}`;
    if (!what) return root.replaceChildren();
    const busy = Boolean(ctx.get("busy").action);
    root.replaceChildren(
      h("b", null, ...rich(what)), ...paragraphs(why), next ? h("p", null, ...rich(next)) : "",
      h("div.lm-row", null,
        ...actions.map((/** @type {any} */ a) => button(a.label, () => { edit.flush(); ctx.act(a.id, a.args ?? {}); }, a.style ?? "", { disabled: busy })),
        button("Close", () => ctx.act("dismiss"), "quiet")),
    );
  });
  return root;
}

/** @param {import("./context.js").Context} ctx */
export function preview(ctx) {
  const root = h("section.lm-preview", { hidden: true, "aria-label": "Preview of changes" });
  ctx.on("preview", () => {
    const { title, objects = [] } = ctx.get("preview");
    root.hidden = !title;
    if (!title) return root.replaceChildren();
    root.replaceChildren(
      h("div.lm-row", null, h("b", null, title), h("span.lm-space"), button("Close", () => ctx.act("dismiss"), "quiet")),
      ...objects.map(changes),
    );
  });
  return root;
}

const STATES = { new: "is new: it would be created", same: "stays as it is", changed: "changes:" };

/** One object: what each of its fields is now and would become. @param {any} object */
function changes(object) {
  const head = h("p", null, h("b", null, `${object.kind} ${object.name}`), ` ${STATES[/** @type {keyof typeof STATES} */ (object.state)] ?? ""}`);
  if (!object.fields.length) return head;
  const rows = object.fields.map((/** @type {any} */ f) => h("tr", null, h("th", { scope: "row" }, f.path),
    h("td", null, f.from ? h("del", null, f.from) : h("span.lm-soft", null, "not set")), h("td", null, f.to ? h("ins", null, f.to) : h("span.lm-soft", null, "not set"))));
  return h("div", null, head, h("table.lm-table.lm-fromto", { "aria-label": `Changes of ${object.kind} ${object.name}` },
    h("thead", null, h("tr", null, ...["field", "now", "then"].map((t) => h("th", { scope: "col" }, t)))), h("tbody", null, ...rows)));
}

/** @param {import("./context.js").Context} ctx */
export function progress(ctx) {
  const bar = h("progress", { max: "1" });
  const words = h("p", null);
  const root = h("div.lm-progress", { role: "status", hidden: true }, words, bar);
  ctx.on("cluster", () => {
    const { phase, words: text, next, fraction, eta } = ctx.get("cluster");
    root.hidden = phase === "ready";
    root.className = `lm-progress lm-progress-${phase}`;
    const left = typeof eta === "number" && eta > 0 ? ` About ${eta > 90 ? `${Math.round(eta / 60)} min` : `${Math.round(eta)} s`} left.` : "";
    words.replaceChildren(...rich(`${text ?? ""}${left}${next ? ` ${next}` : ""}`));
    bar.hidden = phase !== "waiting";
    if (typeof fraction === "number") bar.value = fraction;
    else bar.removeAttribute("value");
  });
  return root;
}
