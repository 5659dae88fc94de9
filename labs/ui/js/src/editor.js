/** The YAML editor: CodeMirror bound to the `doc` and `diagnostics` traits. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completeFromList, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { diagnosticField, show } from "./diagnostics.js";
import { h } from "./dom.js";
import { looks } from "./theme.js";

const SEND_AFTER_MS = 80;
const MAX_CHARS = 1_000_000;
const remote = Annotation.define();

/** The one change that leads from `before` to `after`, so that the cursor keeps its place. @param {string} before @param {string} after */
export function difference(before, after) {
  let from = 0;
  const shortest = Math.min(before.length, after.length);
  while (from < shortest && before[from] === after[from]) from += 1;
  let tail = 0;
  while (tail < shortest - from && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { from, to: before.length - tail, insert: after.slice(from, after.length - tail) };
}

/** Tab leaves the editor after Escape, until it is focused again. */
const tabTrap = [
  keymap.of([{ key: "Escape", run: (view) => { view.setTabFocusMode(true); return true; } }]),
  EditorView.domEventHandlers({ focus: (_event, view) => { view.setTabFocusMode(false); return false; } }),
];

/** @param {import("./context.js").Context} ctx */
export function editor(ctx) {
  let { text, version } = ctx.get("doc");
  let base = version;
  let timer = 0;
  const words = new Compartment();
  const host = h("div.lm-editor", { "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": "true" });
  const tip = h("p.lm-aloud", null, "Press Escape, then Tab, to leave the editor.");
  const root = h("div.lm-code", null, host, tip);

  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    if (version === base) return;
    base = version;
    ctx.model.send({ t: "text", text: view.state.doc.toString().slice(0, MAX_CHARS + 1), version, view: ctx.view });
  };
  /** Lets the form show the object that the cursor is in. @param {EditorState} state */
  const follow = (state) => {
    const { documents = [], chosen = 0 } = ctx.get("form");
    const line = state.doc.lineAt(state.selection.main.head).number;
    const index = Math.max(0, documents.findLastIndex((/** @type {any} */ d) => d.line <= line));
    if (documents.length > 1 && index !== chosen) ctx.act("document", { index });
  };
  const view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(),
        words.of([]), indentUnit.of("  "), yaml(), looks, diagnosticField, tabTrap,
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...lintKeymap, indentWithTab,
          ...defaultKeymap.filter((k) => k.key !== "Mod-Enter")]),
        EditorView.contentAttributes.of({ "aria-label": "YAML editor", "data-lm-suppress-shortcuts": "true" }),
        EditorView.updateListener.of((update) => {
          if (update.selectionSet && update.view.hasFocus) follow(update.state);
          if (!update.docChanged || update.transactions.some((t) => t.annotation(remote))) return;
          version += 1;
          timer ||= window.setTimeout(flush, SEND_AFTER_MS);
        }),
      ],
    }),
  });

  ctx.on("doc", () => {
    const doc = ctx.get("doc");
    if (doc.origin === ctx.view || doc.version < version) return;
    base = version = doc.version;
    const now = view.state.doc.toString();
    if (doc.text !== now) view.dispatch({ changes: difference(now, doc.text), annotations: remote.of(true) });
  });
  ctx.on("diagnostics", () => {
    const { version: of, items } = ctx.get("diagnostics");
    if (of !== version) return;
    show(view, items, {
      fix: (index) => { flush(); ctx.act("fix", { index, version }); },
      act: (name) => { flush(); ctx.act(name); },
    });
  });
  ctx.on("words", () => {
    const options = ctx.get("words") ?? [];
    view.dispatch({ effects: words.reconfigure(autocompletion({ activateOnTyping: false, override: [completeFromList(options)] })) });
  });
  return {
    root, flush,
    destroy: () => { flush(); view.destroy(); },
    measure: () => requestAnimationFrame(() => view.requestMeasure()),
    version: () => version,
    /** @param {number} line */
    goto(line) {
      this.reveal(line);
      view.focus();
    },
    /** @param {number} line */
    reveal(line) {
      const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
      view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "start", yMargin: 8 }) });
    },
  };
}
