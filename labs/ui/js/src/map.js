/** The map: one box per node, the learner's pods inside, those without a node below. */
import { h } from "./dom.js";

const GLYPHS = { run: "▶", wait: "…", back: "↻", done: "✓", fail: "✕", end: "■" };

/** @param {any} pod */
function podBox(pod) {
  const glyph = GLYPHS[/** @type {keyof typeof GLYPHS} */ (pod.look)] ?? "·";
  return h(`div.lm-pod.lm-pod-${pod.look}${pod.mine ? "" : ".lm-other"}`, { "data-uid": pod.uid },
    h("span.lm-g", { "aria-hidden": "true" }, glyph),
    h("div", null, h("b", { title: pod.name }, pod.name), h("span", null, pod.words), pod.note && h("em", null, pod.note)));
}

/** @param {any} node */
function nodeBox(node) {
  const gpus = node.gpus?.length ? h("div.lm-gpus", { role: "img", "aria-label": `${node.gpus.filter(Boolean).length} of ${node.gpus.length} GPUs in use` },
    ...node.gpus.map((/** @type {boolean} */ on) => h(`u${on ? ".lm-on" : ""}`))) : null;
  return h(`div.lm-node${node.ready ? "" : ".lm-notready"}`, { role: "group", "aria-label": `Node ${node.name}` },
    h("h4", null, node.name), h("small", null, node.words), gpus, ...node.pods.map(podBox));
}

/** @param {import("./context.js").Context} ctx */
export function world(ctx) {
  const nodes = h("div.lm-nodes");
  const loose = h("div.lm-loose", { hidden: true });
  const root = h("div.lm-map", { role: "group", "aria-label": "Nodes and their pods" }, nodes, loose);
  ctx.on("world", () => {
    const { nodes: list = [], loose: homeless = [] } = ctx.get("world");
    nodes.replaceChildren(...(list.length ? list.map(nodeBox) : [h("p.lm-empty", null, "The nodes appear here when the cluster is ready.")]));
    loose.hidden = !homeless.length;
    loose.replaceChildren(h("h4", null, "Not on a node yet"), ...homeless.map(podBox));
  });
  return root;
}
