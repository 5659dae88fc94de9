/** A single-choice question: radio buttons, optional confidence, locked once answered, feedback from Python. */
import { button, h, mark, paragraphs, rich } from "../dom.js";

let groups = 0;
const CONFIDENCE = /** @type {const} */ ([["guess", "a guess"], ["think", "I think so"], ["sure", "I am sure"]]);

/**
 * @param {{id: string, prompt: string, options: string[]}} question
 * @param {{chosen: number|null, confidence: string, locked: boolean, state: string, right: number|null, feedback: string}} answer
 * @param {(chosen: number, confidence: string) => void} send
 * @param {{confidence: boolean, label: string}} look
 */
export function choice(question, answer, send, look) {
  const group = `lm-q-${(groups += 1)}`;
  const radio = (/** @type {string} */ name, /** @type {string|number} */ value, /** @type {boolean} */ on) =>
    h("input", { type: "radio", name: `${group}-${name}`, value, checked: on, disabled: answer.locked, on: { change: enable } });
  const picked = (/** @type {string} */ name) => root.querySelector(`input[name="${group}-${name}"]:checked`)?.value;
  const options = question.options.map((text, i) => {
    const state = answer.right === null ? "" : i === answer.right ? ".lm-right" : i === answer.chosen ? ".lm-wrong" : "";
    return h(`label.lm-option${state}`, null, radio("answer", i, answer.chosen === i), h("span", null, ...rich(text)));
  });
  const sure = look.confidence && h("fieldset.lm-sure", null, h("legend", null, "How sure are you?"),
    ...CONFIDENCE.map(([id, words]) => h("label", null, radio("sure", id, answer.confidence === id), words)));
  const lock = button(look.label, () => send(Number(picked("answer")), picked("sure") ?? ""), "primary", { disabled: true });
  function enable() {
    lock.disabled = picked("answer") === undefined || (look.confidence && picked("sure") === undefined);
  }
  const verdict = answer.locked && h(`div.lm-feedback.lm-feedback-${answer.state}`, { role: "status" },
    mark({ right: "green", wrong: "red" }[answer.state] ?? "waiting"), h("div", null, ...paragraphs(answer.feedback)));
  const root = h("fieldset.lm-question", { "data-question": question.id }, h("legend", null, ...rich(question.prompt)),
    h("div.lm-options", null, ...options), sure, !answer.locked && h("div.lm-row", null, lock), verdict);
  return root;
}
