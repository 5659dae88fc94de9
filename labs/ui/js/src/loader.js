/** What every widget carries: finds the shared assets by their content hash and lets them draw. */

const HASH = "__ASSETS_HASH__";
const KIND = "__WIDGET_KIND__";
const PATIENCE_MS = 20000;

/** @param {HTMLElement} el @param {string} text */
function say(el, text) {
  const p = document.createElement("p");
  p.setAttribute("role", "status");
  p.textContent = text;
  el.replaceChildren(p);
}

/** @returns {Promise<Record<string, Function>>} resolves when the shared assets widget has arrived on this page */
function assets() {
  const shelf = (globalThis.__k8sMlLabs ??= {});
  if (!shelf[HASH]) {
    /** @type {(value: any) => void} */
    let resolve = () => {};
    const promise = new Promise((done) => { resolve = done; });
    shelf[HASH] = { promise, resolve };
  }
  return shelf[HASH].promise;
}

export default {
  /** @param {{model: any, el: HTMLElement, signal: AbortSignal}} view */
  async render(view) {
    const late = setTimeout(() => say(view.el, "The workbench did not arrive. Run this cell again."), PATIENCE_MS);
    try {
      const bundle = await assets();
      clearTimeout(late);
      view.el.replaceChildren();
      return bundle[KIND](view);
    } catch (error) {
      clearTimeout(late);
      console.error(error);
      say(view.el, "The workbench could not be drawn. Run this cell again; if it happens again, reload the page.");
    }
  },
};
