/** Explain: one choice; each wrong choice is a misconception with its own feedback. */
import { choice } from "./choice.js";
import { beat } from "./frame.js";

/** @param {any} from */
export function explain(from) {
  return beat(from, "Explain", (ctx, { items }) => items.map((/** @type {any} */ q) =>
    choice(q, q.answer, (chosen) => ctx.act("answer", { id: q.id, chosen }), { confidence: false, label: "Answer" })));
}
