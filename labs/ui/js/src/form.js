/** The form: fields of the manifest, edited in the text by Python, so comments and layout stay. */
import { button, h, rich } from "./dom.js";

/** @param {import("./context.js").Context} ctx @param {ReturnType<typeof import("./editor.js").editor>} edit */
export function form(ctx, edit) {
  /** @type {Map<string, ReturnType<typeof field>>} */
  const fields = new Map();
  const doc = h("p.lm-doc", { "aria-live": "polite" });
  const list = h("div.lm-fields");
  const none = h("p.lm-doc", { hidden: true }, "Write ", h("code", null, "kind:"), " in the editor: the form follows.");
  const root = h("div.lm-form", { role: "form", "aria-label": "Fields of the manifest" }, documents(ctx, edit), none, list, doc);
  let chosen = 0;
  const change = (/** @type {string} */ path, /** @type {any} */ value, /** @type {number} */ index) => {
    edit.flush();
    ctx.act("form", { path, value, index, version: edit.version() });
  };
  ctx.on("form", () => {
    const { fields: state = [], chosen: now = 0 } = ctx.get("form");
    none.hidden = state.length > 0;
    if (now !== chosen) doc.replaceChildren();
    chosen = now;
    const paths = state.map((/** @type {any} */ f) => `${chosen} ${f.kind} ${f.path}`);
    for (const key of [...fields.keys()]) if (!paths.includes(key)) { fields.get(key)?.root.remove(); fields.delete(key); }
    state.forEach((/** @type {any} */ f, /** @type {number} */ i) => {
      const key = paths[i];
      let one = fields.get(key);
      if (!one) {
        const index = chosen;
        one = field(f, (path, value) => change(path, value, index), (line) => edit.goto(line), (spec) => explain(doc, spec));
        fields.set(key, one);
      }
      one.update(f);
      if (list.children[i] !== one.root) list.insertBefore(one.root, list.children[i] ?? null);
    });
    if (state.length && !doc.childNodes.length) explain(doc, state[0]);
  });
  return root;
}

/** One button for each object of the text; the form shows the pressed one, which follows the cursor. @param {import("./context.js").Context} ctx @param {any} edit */
function documents(ctx, edit) {
  const root = h("div.lm-docs", { role: "group", "aria-label": "Objects of the manifest", hidden: true });
  let drawn = "";
  ctx.on("form", () => {
    const { documents: all = [], chosen = 0 } = ctx.get("form");
    root.hidden = all.length < 2;
    const wanted = JSON.stringify(all.map((/** @type {any} */ d) => [d.kind, d.name]));
    if (wanted !== drawn) {
      drawn = wanted;
      root.replaceChildren(...all.map((/** @type {any} */ d, /** @type {number} */ i) =>
        button(name(d, all) || `Object ${i + 1}`, () => { edit.flush(); ctx.act("document", { index: i }); edit.reveal(ctx.get("form").documents[i].line); }, "doc", { title: d.name })));
    }
    [...root.children].forEach((b, i) => b.setAttribute("aria-pressed", String(i === chosen)));
  });
  return root;
}

/** The kind, or the name where several are of one kind. @param {any} one @param {any[]} all */
function name(one, all) {
  return (all.filter((d) => d.kind === one.kind).length > 1 && one.name) || one.kind;
}

/** @param {HTMLElement} doc @param {any} spec */
function explain(doc, spec) {
  if (!spec.doc) return doc.replaceChildren();
  const short = spec.doc.length > 180;
  const text = h("span", null, ...rich(short ? `${spec.doc.slice(0, 170)}…` : spec.doc));
  const more = short && button("more", () => { text.replaceChildren(...rich(spec.doc)); more.remove(); }, "link");
  doc.replaceChildren(h("b", null, spec.path), " — ", text, " ", ...(more ? [more] : []));
}

/**
 * @param {any} first
 * @param {(path: string, value: any) => void} change
 * @param {(line: number) => void} goto
 * @param {(spec: any) => void} focus
 */
function field(first, change, goto, focus) {
  let spec = first;
  const input = control(first);
  const reason = button("", () => spec.line && goto(spec.line), "link");
  const label = h("label", null, h("span", null, spec.label), input);
  const root = h("div.lm-field", { "data-path": spec.path }, label, reason);
  input.addEventListener("focus", () => focus(spec));
  const commit = () => {
    const value = spec.kind === "bool" ? input.checked : input.value;
    if (spec.editable && value !== shown(spec)) change(spec.path, value);
  };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => { if (e.key === "Enter" && input.tagName === "INPUT" && !e.ctrlKey && !e.metaKey) commit(); });
  if (input.tagName === "INPUT" && spec.kind !== "bool") {
    let timer = 0;
    input.addEventListener("input", () => { clearTimeout(timer); timer = window.setTimeout(commit, 350); });
  }
  return {
    root,
    /** @param {any} next */
    update(next) {
      spec = next;
      input.disabled = !next.editable;
      reason.hidden = next.editable || !next.reason;
      reason.textContent = next.reason ?? "";
      if (spec.kind === "bool") input.checked = Boolean(shown(next));
      else if (document.activeElement !== input || !next.editable) {
        options(input, next);
        if (input.value !== shown(next)) input.value = shown(next);
      }
      if ("placeholder" in input) input.placeholder = next.placeholder ?? "";
    },
  };
}

/** @param {any} spec */
function shown(spec) {
  if (spec.kind === "bool") return Boolean(spec.value ?? spec.default);
  return spec.value === null || spec.value === undefined ? "" : String(spec.value);
}

/** @param {any} spec @returns {any} */
function control(spec) {
  const common = { "data-lm-suppress-shortcuts": "true", spellcheck: "false", autocomplete: "off" };
  if (spec.kind === "bool") return h("input", { type: "checkbox", ...common });
  if (spec.kind === "enum") return h("select.lm-in", common);
  if (spec.kind === "lines") return h("textarea.lm-in.lm-mono", { rows: "3", ...common });
  return h(`input.lm-in${spec.mono ? ".lm-mono" : ""}`, { type: "text", inputmode: spec.kind === "number" ? "numeric" : "text", ...common });
}

/** @param {any} input @param {any} spec */
function options(input, spec) {
  if (input.tagName !== "SELECT") return;
  const values = [...new Set(["", ...(spec.options ?? []), shown(spec)])];
  if (input.dataset.values === JSON.stringify([values, spec.default])) return;
  input.dataset.values = JSON.stringify([values, spec.default]);
  input.replaceChildren(...values.map((v) => h("option", { value: v }, v || (spec.default ? `${spec.default} · default` : "not set"))));
}
