/** Building elements. Text only ever enters as text nodes. */

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, any>} Props  `on` holds listeners, `style` custom properties, everything else is an attribute
 */

/**
 * @param {string} tag tag name, optionally with classes: "div.row.wide"
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (key === "style") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, String(v));
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...fill(children));
  return element;
}

/** @param {any[]} children @returns {(Node | string)[]} */
export function fill(children) {
  return children.flat(2).filter((c) => c !== null && c !== undefined && c !== false)
    .map((c) => (c instanceof Node ? c : String(c)));
}

/** A button; `kind` is "", "primary", "quiet" or "link". @param {string} label @param {() => void} run @param {string} [kind] @param {Props} [props] */
export function button(label, run, kind = "", props = {}) {
  return h(`button.lm-b${kind ? `.lm-b-${kind}` : ""}`, { type: "button", on: { click: run }, ...props }, label);
}

/** Words with parts between backticks drawn as code and parts between ** drawn bold. @param {string} text @returns {(Node|string)[]} */
export function rich(text) {
  return String(text ?? "").split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).filter(Boolean).map((part) => {
    if (part.length > 2 && part.startsWith("`") && part.endsWith("`")) return h("code", null, part.slice(1, -1));
    if (part.length > 4 && part.startsWith("**") && part.endsWith("**")) return h("b", null, part.slice(2, -2));
    return part;
  });
}

/** Paragraphs of `text`, split at empty lines; ``` fences become blocks, diff lines in their colours. @param {string} text @returns {HTMLElement[]} */
export function paragraphs(text) {
  return String(text ?? "").split(/(```\w*\n[\s\S]*?(?:\n\s*```|$))/).flatMap((part) => {
    const fence = /^```(\w*)\n([\s\S]*?)(?:\n\s*```)?$/.exec(part);
    if (fence) return [h("pre.lm-fence", null, ...fence[2].split("\n").map((line) => fenced(line, fence[1] === "diff")))];
    return part.split(/\n\s*\n/).filter((p) => p.trim()).map((p) => h("p", null, ...rich(p.trim())));
  });
}

/** @param {string} line @param {boolean} diff */
function fenced(line, diff) {
  const kind = diff ? { "+": ".lm-d-add", "-": ".lm-d-del" }[line[0]] ?? "" : "";
  return h(`span.lm-d${kind}`, null, `${line}\n`);
}

const MARKS = /** @type {const} */ ({ green: ["✓", "passed"], red: ["✕", "not reached"], waiting: ["…", "waiting"], idle: ["·", "not judged yet"] });

/** The round mark of a verdict. @param {string} state */
export function mark(state) {
  const [glyph, words] = MARKS[/** @type {keyof typeof MARKS} */ (state)] ?? MARKS.idle;
  return h(`span.lm-mark.lm-${state}`, { role: "img", "aria-label": words }, glyph);
}

export const GLYPHS = { run: "▶", wait: "…", back: "↻", done: "✓", fail: "✕", end: "■" };

/** The sign of a pod's look. @param {string} look */
export const glyph = (look) => GLYPHS[/** @type {keyof typeof GLYPHS} */ (look)] ?? "·";
