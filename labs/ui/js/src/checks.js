/** Verdicts: one line each, one hint at a time, the debrief when all are green; and the strip that sums them up. */
import { button, h, mark, paragraphs } from "./dom.js";

/** The verdict a learner should look at now. @param {any[]} verdicts */
function leading(verdicts) {
  return verdicts.find((v) => v.state === "red") ?? verdicts.find((v) => v.state !== "green") ?? verdicts[verdicts.length - 1];
}

/** @param {any} v */
function sentence(v) {
  const parts = [];
  if (v.state === "red" && v.was_green) parts.push("Was green until now.");
  if (v.expected) parts.push(`Expected ${v.expected}${v.found ? `; found ${v.found}` : ""}.`);
  else if (v.found) parts.push(`Found ${v.found}.`);
  if (v.look) parts.push(/[.!?]$/.test(v.look) ? v.look : `${v.look}.`);
  return parts.join(" ").replaceAll("..", ".");
}

/** @param {import("./context.js").Context} ctx */
export function strip(ctx) {
  const root = h("div.lm-strip");
  ctx.on("verdicts", () => {
    const verdicts = ctx.get("verdicts");
    const now = leading(verdicts);
    const done = verdicts.length > 0 && verdicts.every((/** @type {any} */ v) => v.state === "green");
    root.hidden = !now;
    if (!now) return;
    root.replaceChildren(
      ...verdicts.map((/** @type {any} */ v) => mark(v.state)),
      h("b", null, done ? "All checks are green" : now.title),
      h("span.lm-soft", null, done ? "" : now.found ? `found ${now.found}` : now.state === "idle" ? "judged after the first apply" : ""),
      h("span.lm-space"),
      button("all checks", () => ctx.el.querySelector(".lm-checks")?.scrollIntoView({ block: "nearest", behavior: "smooth" }), "link"),
    );
  });
  return root;
}

/** @param {import("./context.js").Context} ctx */
export function checks(ctx) {
  const list = h("div.lm-list");
  const aloud = h("p.lm-aloud", { role: "status", "aria-live": "polite" });
  const debrief = h("div.lm-debrief", { hidden: true });
  let spoken = "";
  ctx.on(["verdicts", "hints"], () => {
    const verdicts = ctx.get("verdicts");
    const at = leading(verdicts);
    list.replaceChildren(...verdicts.map((/** @type {any} */ v) => line(ctx, v, v === at && v.state !== "green")));
    const words = verdicts.filter((/** @type {any} */ v) => v.state === "green" || v.state === "red")
      .map((/** @type {any} */ v) => `${v.title}: ${v.state === "green" ? "passed" : `not reached, found ${v.found}`}`).join(". ");
    if (words !== spoken) aloud.textContent = spoken = words;
  });
  ctx.on("debrief", () => {
    const text = ctx.get("debrief");
    debrief.hidden = !text;
    debrief.replaceChildren(...(text ? [h("h3", null, "What you did"), ...paragraphs(text)] : []));
  });
  return h("footer.lm-checks", { "aria-label": "Checks" }, aloud, list, debrief);
}

/** @param {import("./context.js").Context} ctx @param {any} v @param {boolean} current */
function line(ctx, v, current) {
  const words = v.state === "green" || v.state === "idle" ? "" : sentence(v);
  return h(`div.lm-ck.lm-ck-${v.state}`, { "data-check": v.id },
    mark(v.state), h("div", null, h("b", null, v.title), words && h("p", null, words)),
    h("time", null, v.time || ""), current && hint(ctx));
}

/** @param {import("./context.js").Context} ctx */
function hint(ctx) {
  const { shown, total } = ctx.get("hints");
  if (!total) return null;
  const more = shown.length < total && button(shown.length ? "Next hint" : "Show a hint", () => ctx.act("hint"), "link");
  if (!shown.length) return h("div.lm-hint.lm-hint-none", null, more);
  const blocks = paragraphs(shown[shown.length - 1]);
  blocks[0]?.prepend(h("b", null, `Hint ${shown.length} of ${total}. `));
  blocks[blocks.length - 1]?.append(blocks[blocks.length - 1].tagName === "P" ? " " : "", more || "");
  return h("div.lm-hint", null, ...blocks);
}
