/** Accessible tabs: roles tablist, tab and tabpanel; arrow keys, Home and End move. */
import { h } from "./dom.js";

let ids = 0;

/** Draws a panel when one of the traits changes and it can be seen, else as soon as its tab is chosen. @param {import("./context.js").Context} ctx @param {string} trait @param {HTMLElement} panel @param {() => void} draw */
export function lazily(ctx, trait, panel, draw) {
  let stale = true;
  const look = () => { if (stale && !panel.hidden) { stale = false; draw(); } };
  panel.addEventListener("lm-shown", look);
  ctx.on(trait, () => { stale = true; look(); });
}

/**
 * @param {string} label what the tabs choose
 * @param {{id: string, label: string, panel: HTMLElement}[]} tabs
 * @param {{start?: string, note?: HTMLElement, chosen?: (id: string) => void}} [options]
 */
export function tabs(label, tabs, { start = tabs[0].id, note, chosen } = {}) {
  const group = `lm-tabs-${(ids += 1)}`;
  const buttons = tabs.map(({ id, label: text, panel }) => {
    panel.id = `${group}-${id}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `${group}-${id}-tab`);
    return h("button.lm-tab", {
      type: "button", role: "tab", id: `${group}-${id}-tab`, "aria-controls": panel.id, "data-tab": id,
      on: { click: () => choose(id), keydown },
    }, text);
  });
  const list = h("div.lm-tablist", { role: "tablist", "aria-label": label }, ...buttons);
  const bar = h("div.lm-bar", null, list, h("span.lm-space"), note);

  /** @param {string} id @param {boolean} [focus] */
  function choose(id, focus = false) {
    tabs.forEach((tab, i) => {
      const on = tab.id === id;
      buttons[i].setAttribute("aria-selected", String(on));
      buttons[i].tabIndex = on ? 0 : -1;
      tab.panel.hidden = !on;
      if (on && focus) buttons[i].focus();
      if (on) tab.panel.dispatchEvent(new Event("lm-shown"));
    });
    chosen?.(id);
  }

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    const at = buttons.indexOf(event.currentTarget);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[(to + tabs.length) % tabs.length].id, true);
  }

  /** @param {string} id @param {string} text */
  function rename(id, text) {
    const at = tabs.findIndex((tab) => tab.id === id);
    if (at >= 0 && buttons[at].textContent !== text) buttons[at].textContent = text;
  }
  choose(start);
  return { bar, choose, rename };
}
