/** Faded practice: put lines in order, or fill the blanks of a manifest. */
import { button, h, mark, paragraphs, rich } from "../dom.js";
import { beat } from "./frame.js";

/** @param {any} from */
export function practice(from) {
  return beat(from, "Practice", (ctx, view) => {
    const body = view.kind === "reorder" ? reorder(ctx, view) : blanks(ctx, view);
    const { state, text } = view.feedback;
    return [h("p", null, ...rich(view.prompt)), body,
      text && h(`div.lm-feedback.lm-feedback-${state}`, { role: "status" }, mark({ right: "green", wrong: "red" }[/** @type {"right"|"wrong"} */ (state)] ?? "waiting"), h("div", null, ...paragraphs(text)))];
  });
}

/** @param {import("../context.js").Context} ctx @param {any} view */
function reorder(ctx, view) {
  const move = (/** @type {number} */ from, /** @type {number} */ to) => ctx.act("move", { from, to });
  const rows = view.lines.map((/** @type {string} */ text, /** @type {number} */ i) => {
    const up = button("↑", () => move(i, i - 1), "quiet", { "aria-label": `Move line ${i + 1} up`, name: `up-${i}`, disabled: i === 0 });
    const down = button("↓", () => move(i, i + 1), "quiet", { "aria-label": `Move line ${i + 1} down`, name: `down-${i}`, disabled: i === view.lines.length - 1 });
    const row = h("li", {
      draggable: "true", on: {
        dragstart: (/** @type {DragEvent} */ e) => e.dataTransfer?.setData("text/plain", String(i)),
        dragover: (/** @type {DragEvent} */ e) => e.preventDefault(),
        drop: (/** @type {DragEvent} */ e) => { e.preventDefault(); move(Number(e.dataTransfer?.getData("text/plain")), i); },
      },
    }, h("code", null, text), h("span.lm-space"), up, down);
    return row;
  });
  return h("div", null, h("ol.lm-reorder", null, ...rows), h("div.lm-row", null, button("Check the order", () => ctx.act("check"), "primary")));
}

/** @param {import("../context.js").Context} ctx @param {any} view */
function blanks(ctx, view) {
  /** @type {any[]} */
  const inputs = [];
  const parts = view.parts.flatMap((/** @type {string} */ text, /** @type {number} */ i) => {
    if (i === view.parts.length - 1) return [text];
    const input = h(`input.lm-in.lm-mono.lm-blank${["", ".lm-right", ".lm-wrong"][view.marks[i] ?? 0]}`, {
      type: "text", name: `blank-${i}`, "aria-label": `Blank ${i + 1}`, value: view.values[i] ?? "", size: "14", spellcheck: "false", autocomplete: "off", "data-lm-suppress-shortcuts": "true",
    });
    inputs.push(input);
    return [text, input];
  });
  const check = () => ctx.act("check", { values: inputs.map((i) => i.value) });
  return h("form.lm-blanks", { on: { submit: (/** @type {Event} */ e) => { e.preventDefault(); check(); } } },
    h("pre", null, ...parts), h("div.lm-row", null, button("Check", check, "primary")));
}
