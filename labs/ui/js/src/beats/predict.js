/** Predict: one choice with confidence, locked before apply, then marked against the cluster. */
import { choice } from "./choice.js";
import { beat } from "./frame.js";

/** @param {any} from */
export function predict(from) {
  return beat(from, "Predict", (ctx, { items }) => items.map((/** @type {any} */ q) =>
    choice(q, q.answer, (chosen, confidence) => ctx.act("answer", { id: q.id, chosen, confidence }), { confidence: true, label: "Lock my prediction" })));
}
