/** Entry of the shared assets: registers the widgets of this bundle on the page, once per content hash. */
import css from "./style.css";
import { explain } from "./beats/explain.js";
import { practice } from "./beats/practice.js";
import { predict } from "./beats/predict.js";
import { recall } from "./beats/recall.js";
import { workbench } from "./workbench.js";

export const widgets = { workbench, predict, recall, explain, practice };

/** @param {string} hash */
function style(hash) {
  const id = `k8s-ml-labs-style-${hash}`;
  if (document.getElementById(id)) return;
  const element = document.createElement("style");
  element.id = id;
  element.textContent = css;
  document.head.append(element);
}

/** @param {string} hash content hash of this bundle, as the loaders ask for it */
export function register(hash) {
  style(hash);
  const shelf = (globalThis.__k8sMlLabs ??= {});
  if (shelf[hash]?.resolve) shelf[hash].resolve(widgets);
  shelf[hash] = { promise: Promise.resolve(widgets) };
}

export default {
  /** @param {{model: any}} context */
  initialize({ model }) {
    register(model.get("hash"));
  },
};
