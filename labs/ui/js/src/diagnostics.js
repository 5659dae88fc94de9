/** Problems drawn where they are: wavy lines, a tinted line, and the words right below it. */
import { setDiagnostics } from "@codemirror/lint";
import { RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { button, h, rich } from "./dom.js";

/**
 * @typedef {{code: string, severity: "error"|"warning"|"info", message: string, line: number, from: number, to: number,
 *   why: string, next: string, fix: string, index: number, actions: {id: string, label: string}[]}} Item
 * @typedef {{fix: (index: number) => void, act: (name: string) => void}} Handlers
 */
const MOST_PER_PAGE = 20;

class Words extends WidgetType {
  /** @param {Item} item @param {Handlers} handlers */
  constructor(item, handlers) {
    super();
    this.item = item;
    this.handlers = handlers;
  }

  /** @param {Words} other */
  eq(other) {
    return JSON.stringify(other.item) === JSON.stringify(this.item);
  }

  toDOM() {
    const { item, handlers } = this;
    const more = h("p.lm-diag-why", { hidden: true }, ...rich([item.why, item.next].filter(Boolean).join(" ")));
    const why = (item.why || item.next) && button(item.code ? `${item.code}: why` : "why", () => { more.hidden = !more.hidden; }, "link", { "aria-expanded": "false" });
    why?.addEventListener?.("click", () => why.setAttribute("aria-expanded", String(!more.hidden)));
    const fix = item.fix && button(item.fix, () => handlers.fix(item.index), "link", { title: "Fix it" });
    const acts = item.actions.map((a) => button(a.label, () => handlers.act(a.id), "link"));
    const links = [fix, ...acts, why].filter(Boolean).flatMap((b, i) => (i ? [" · ", b] : [b]));
    return h(`div.lm-diag.lm-diag-${item.severity}`, { role: "note" }, h("b", null, `Line ${item.line}. `), ...rich(item.message), " ", ...links, more);
  }

  ignoreEvent() {
    return true;
  }
}

const put = StateEffect.define();

/** Holds the decorations; positions follow edits until the next answer arrives. */
export const diagnosticField = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(put)) return effect.value;
    return transaction.docChanged ? value.map(transaction.changes) : value;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** @param {EditorView} view @param {Item[]} items @param {Handlers} handlers */
export function show(view, items, handlers) {
  const doc = view.state.doc;
  const clamp = (/** @type {number} */ n) => Math.max(0, Math.min(n, doc.length));
  const shown = items.slice(0, MOST_PER_PAGE).map((i) => ({ ...i, from: clamp(i.from), to: Math.max(clamp(i.from), clamp(i.to)) }));
  const builder = new RangeSetBuilder();
  /** @type {{at: number, side: number, deco: Decoration}[]} */
  const parts = [];
  const tinted = new Set();
  for (const item of shown) {
    const line = doc.lineAt(item.from);
    if (!tinted.has(line.from)) parts.push({ at: line.from, side: -1, deco: Decoration.line({ class: `lm-hit lm-hit-${item.severity}` }) });
    tinted.add(line.from);
    parts.push({ at: line.to, side: 1, deco: Decoration.widget({ widget: new Words(item, handlers), block: true, side: 1 }) });
  }
  parts.sort((a, b) => a.at - b.at || a.side - b.side).forEach((p) => builder.add(p.at, p.at, p.deco));
  const marks = shown.map((i) => ({ from: i.from, to: i.to, severity: i.severity, message: i.message }));
  view.dispatch(setDiagnostics(view.state, marks));
  view.dispatch({ effects: put.of(builder.finish()) });
}
