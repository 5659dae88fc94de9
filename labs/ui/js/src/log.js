/** The log of one container and attempt, following its end until the reader scrolls up. */
import { h } from "./dom.js";

/** @param {import("./context.js").Context} ctx */
export function log(ctx) {
  const source = h("select.lm-in.lm-log-source", { "aria-label": "Container and attempt", on: { change: () => ctx.act("log", { key: source.value }) } });
  const follow = h("input", { type: "checkbox", checked: true });
  const text = h("pre", { tabindex: "0", role: "log", "aria-label": "Log", "aria-live": "off" });
  const note = h("span.lm-soft");
  text.addEventListener("scroll", () => { follow.checked = text.scrollHeight - text.scrollTop - text.clientHeight < 24; });
  follow.addEventListener("change", () => { if (follow.checked) text.scrollTop = text.scrollHeight; });
  ctx.on("log", () => {
    const { sources = [], selected, text: lines = "", note: words } = ctx.get("log");
    const wanted = JSON.stringify(sources);
    if (source.dataset.shown !== wanted) {
      source.replaceChildren(...sources.map((/** @type {any} */ s) => h("option", { value: s.key }, s.label)));
      source.dataset.shown = wanted;
    }
    source.value = selected ?? "";
    source.hidden = !sources.length;
    note.textContent = words ?? "";
    const following = follow.checked;
    if (text.textContent !== lines) text.textContent = lines;
    text.classList.toggle("lm-empty", !lines);
    if (!lines) text.textContent = sources.length ? "No lines yet." : "No container has started yet.";
    if (following) text.scrollTop = text.scrollHeight;
  });
  return h("div.lm-log", null, h("div.lm-log-head", null, h("b", null, "Log"), source, note, h("span.lm-space"), h("label.lm-follow", null, follow, "follow")), text);
}
