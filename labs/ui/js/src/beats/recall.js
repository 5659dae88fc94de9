/** Recall: two or three short questions from earlier lessons. */
import { h } from "../dom.js";
import { choice } from "./choice.js";
import { beat } from "./frame.js";

/** @param {any} from */
export function recall(from) {
  return beat(from, "Recall", (ctx, { items, note }) => [
    note && h("p.lm-soft", null, note),
    ...items.map((/** @type {any} */ q) => choice(q, q.answer, (chosen) => ctx.act("answer", { id: q.id, chosen }), { confidence: false, label: "Answer" })),
  ]);
}
