/** The workbench of one exercise: layout and wiring; each part lives in its own module. */
import { actions } from "./actions.js";
import { checks, strip } from "./checks.js";
import { command } from "./command.js";
import { closer, context, whenGone } from "./context.js";
import { counter } from "./counter.js";
import { describe, events, table } from "./cluster_tabs.js";
import { h, rich } from "./dom.js";
import { editor } from "./editor.js";
import { focus } from "./focus.js";
import { form } from "./form.js";
import { held } from "./held.js";
import { log } from "./log.js";
import { world } from "./map.js";
import { notice, preview, progress } from "./notice.js";
import { tabs } from "./tabs.js";
import { why } from "./why.js";

/** @param {import("./context.js").Context} ctx */
function header(ctx) {
  const root = h("header.lm-head");
  ctx.on(["exercise", "cluster"], () => {
    const { title, goal, namespace } = ctx.get("exercise");
    const cluster = ctx.get("cluster");
    root.replaceChildren(
      h("h2", null, title), h("p", null, ...rich(goal)), h("span.lm-space"),
      namespace && h("span.lm-chip", null, "namespace ", h("b", null, namespace)),
      h("span.lm-chip", null, h(`span.lm-dot.lm-dot-${cluster.phase}`), cluster.label),
    );
  });
  return root;
}

/** @param {import("./context.js").Context} ctx */
function left(ctx, /** @type {ReturnType<typeof editor>} */ edit) {
  const fields = form(ctx, edit);
  const panel = h("div.lm-both", null, fields, edit.root);
  const note = h("span.lm-note", { role: "status" });
  ctx.on("status", () => {
    const status = ctx.get("status");
    note.textContent = status.words;
    note.className = `lm-note lm-status-${status.phase}`;
  });
  const choice = tabs("How to edit", ["form", "yaml", "both"].map((id) => ({ id, label: { form: "Form", yaml: "YAML", both: "Both" }[id] ?? id, panel: h("div") })), {
    start: "both", note, chosen: (id) => { panel.dataset.show = id; edit.measure(); },
  });
  return h("section.lm-left", { "aria-label": "Manifest" }, choice.bar, progress(ctx), panel, notice(ctx, edit), preview(ctx), actions(ctx, edit), command(ctx));
}

/** @param {import("./context.js").Context} ctx */
function right(ctx) {
  const live = h("span.lm-note");
  const shared = log(ctx);
  const map = h("div", null, counter(ctx), world(ctx));
  const logPanel = h("div");
  const panels = {
    map, log: logPanel, events: events(ctx), describe: describe(ctx), object: held(ctx), table: table(ctx),
  };
  const names = { map: "Map", log: "Log", events: "Events", describe: "Describe", object: "Object", table: "Table" };
  const choice = tabs("What the cluster does", Object.entries(panels).map(([id, panel]) => ({ id, label: names[/** @type {keyof typeof names} */ (id)], panel })), {
    note: live,
    chosen: (id) => {
      (id === "log" ? logPanel : map).append(shared);
      shared.classList.toggle("lm-log-tall", id === "log");
    },
  });
  ctx.on("events", () => {
    const n = ctx.get("events").length;
    choice.rename("events", n ? `Events ${n}` : "Events");
  });
  ctx.on("cluster", () => { live.textContent = ctx.get("cluster").phase === "ready" ? "live" : ""; });
  return h("section.lm-right", { "aria-label": "Cluster" }, choice.bar, focus(ctx, choice.choose), why(ctx), ...Object.values(panels));
}

/** @param {{model: any, el: HTMLElement, signal?: AbortSignal}} from */
export function workbench(from) {
  const ctx = context(from);
  const edit = editor(ctx);
  const gone = h("p.lm-gone", { role: "alert", hidden: true }, "This view is from an earlier kernel. Run this cell again (choose a kernel if JupyterLab asks): your text, hints and checks come back.");
  const root = h("div.lm-wb", { role: "group", "aria-label": `Exercise ${ctx.get("exercise").id}`, "data-lm-suppress-shortcuts": "true" },
    gone, header(ctx), strip(ctx), h("div.lm-main", null, left(ctx, edit), right(ctx)), checks(ctx));
  root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    edit.flush();
    ctx.act("apply");
  });
  whenGone(ctx, () => {
    gone.hidden = false;
    root.classList.add("lm-dead");
    root.querySelectorAll("button, input, select, textarea").forEach((/** @type {any} */ b) => { b.disabled = true; });
  });
  from.el.append(h("div.lm-frame", null, root));
  ctx.cleanups.push(() => edit.destroy());
  return closer(ctx);
}
