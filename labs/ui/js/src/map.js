/** The map: one box per node, the learner's pods inside, those without a node below. */
import { apps } from "./apps.js";
import { GLYPHS, glyph, h } from "./dom.js";
import { keyed } from "./keyed.js";

const MANY = 8;

/** @param {import("./context.js").Context} ctx @param {any} first */
function podBox(ctx, first) {
  const [mark, name, words, note] = [h("span.lm-g", { "aria-hidden": "true" }), h("b"), h("span"), h("em")];
  const root = h("button.lm-pod", { type: "button", "data-uid": first.uid, on: { click: () => ctx.act("focus", { kind: "Pod", name: first.name }) } }, mark, h("span.lm-pod-text", null, name, words, note));
  return {
    root,
    update(/** @type {any} */ pod) {
      for (const look of Object.keys(GLYPHS)) root.classList.toggle(`lm-pod-${look}`, look === pod.look);
      root.classList.toggle("lm-other", !pod.mine);
      root.title = `${pod.name}: ${pod.words}`;
      mark.textContent = glyph(pod.look);
      name.textContent = pod.short || pod.name;
      words.textContent = pod.words;
      note.textContent = pod.note ?? "";
      note.hidden = !pod.note;
    },
  };
}

/** @param {import("./context.js").Context} ctx @param {any} first */
function nodeBox(ctx, first) {
  const words = h("small");
  const gpus = h("div.lm-gpus", { role: "img" });
  const list = h("div.lm-pods");
  const pods = keyed(list, (/** @type {any} */ p) => p.uid, (p) => podBox(ctx, p));
  const root = h("div.lm-node", { role: "group", "aria-label": `Node ${first.name}` }, h("h4", null, first.name), words, gpus, list);
  return {
    root,
    update(/** @type {any} */ node) {
      words.textContent = node.pods.length > MANY ? `${node.words} · ${node.pods.length} pods` : node.words;
      root.classList.toggle("lm-notready", !node.ready);
      root.classList.toggle("lm-many", node.pods.length > MANY);
      gpus.hidden = !node.gpus?.length;
      gpus.setAttribute("aria-label", `${(node.gpus ?? []).filter(Boolean).length} of ${(node.gpus ?? []).length} GPUs in use`);
      gpus.replaceChildren(...(node.gpus ?? []).map((/** @type {boolean} */ on) => h(`u${on ? ".lm-on" : ""}`)));
      pods(node.pods);
    },
  };
}

/** @param {import("./context.js").Context} ctx */
export function world(ctx) {
  const nodes = h("div.lm-nodes");
  const none = h("p.lm-empty", null, "The nodes appear here when the cluster is ready.");
  const homeless = h("div.lm-pods");
  const loose = h("div.lm-loose", { hidden: true }, h("h4", null, "Not on a node yet"), homeless);
  const root = h("div.lm-map", { role: "group", "aria-label": "Services, nodes and their pods" }, apps(ctx), none, nodes, loose);
  const drawNodes = keyed(nodes, (/** @type {any} */ n) => n.name, (n) => nodeBox(ctx, n));
  const drawLoose = keyed(homeless, (/** @type {any} */ p) => p.uid, (p) => podBox(ctx, p));
  ctx.on("world", () => {
    const { nodes: list = [], loose: rest = [] } = ctx.get("world");
    none.hidden = list.length > 0;
    nodes.hidden = !list.length;
    drawNodes(list);
    loose.hidden = !rest.length;
    loose.classList.toggle("lm-many", rest.length > MANY);
    drawLoose(rest);
  });
  root.addEventListener("lm-light", (/** @type {any} */ event) => {
    const lit = new Set(event.detail);
    root.querySelectorAll("[data-uid]").forEach((/** @type {HTMLElement} */ e) => e.classList.toggle("lm-lit", lit.has(e.dataset.uid)));
  });
  return root;
}
