/** Above the nodes: Services with a dot for each endpoint, and Deployments with old and new ReplicaSet side by side. */
import { glyph, h } from "./dom.js";
import { keyed } from "./keyed.js";

const ENDPOINTS = { ready: "ready", serving: "ending, still answers", ending: "ending", waiting: "not ready" };

/** Lights the pods that belong to a box while it is pointed at or focused. @param {HTMLElement} root @param {() => string[]} uids */
function lights(root, uids) {
  const light = (/** @type {string[]} */ list) => root.dispatchEvent(new CustomEvent("lm-light", { bubbles: true, detail: list }));
  for (const on of ["pointerenter", "focusin"]) root.addEventListener(on, () => light(uids()));
  for (const off of ["pointerleave", "focusout"]) root.addEventListener(off, () => light([]));
}

/** @param {any[]} items @param {(item: any) => [string, string, string]} say look, words and glyph of one */
function dots(items, say) {
  return items.map((item) => {
    const [look, words, sign] = say(item);
    return h(`i.lm-ep.lm-ep-${look}`, { "data-uid": item.uid, title: `${item.name}: ${words}`, role: "img", "aria-label": `${item.name}: ${words}` }, sign);
  });
}

/** @param {import("./context.js").Context} ctx @param {any} first */
function serviceBox(ctx, first) {
  let now = first;
  const [words, note, list] = [h("small"), h("small.lm-why"), h("span.lm-eps")];
  const link = h("a.lm-url", { target: "_blank", rel: "noreferrer", hidden: true });
  const name = h("button.lm-name", { type: "button", on: { click: () => ctx.act("focus", { kind: "Service", name: first.name }) } }, first.name);
  const root = h("div.lm-app", { role: "group", "aria-label": `Service ${first.name}` }, h("h4", null, h("span.lm-kind", null, "Service"), name), words, list, note, link);
  lights(root, () => now.endpoints.map((/** @type {any} */ e) => e.uid));
  return {
    root,
    update(/** @type {any} */ service) {
      now = service;
      words.textContent = service.words;
      note.textContent = service.note;
      note.hidden = !service.note;
      list.replaceChildren(...dots(service.endpoints, (e) => [e.state, ENDPOINTS[/** @type {keyof typeof ENDPOINTS} */ (e.state)] ?? e.state, ""]));
      link.hidden = !/^http:\/\/127\.0\.0\.1:\d+$/.test(service.url);
      if (!link.hidden) { link.href = service.url; link.textContent = `opens at ${service.url}`; }
    },
  };
}

/** @param {import("./context.js").Context} ctx @param {any} first */
function setBox(ctx, first) {
  let now = first;
  const [head, images, words, list] = [h("b"), h("span.lm-mono"), h("small"), h("span.lm-eps")];
  const root = h("button.lm-set", { type: "button", on: { click: () => ctx.act("focus", { kind: "ReplicaSet", name: first.name }) } }, head, images, words, list);
  lights(root, () => now.pods.map((/** @type {any} */ p) => p.uid));
  return {
    root,
    update(/** @type {any} */ set) {
      now = set;
      root.classList.toggle("lm-old", set.age === "old");
      root.title = set.name;
      head.textContent = set.revision ? `revision ${set.revision}${set.age === "old" ? " · old" : ""}` : set.name;
      images.textContent = set.images;
      words.textContent = set.words;
      list.replaceChildren(...dots(set.pods, (p) => [p.look, p.look, glyph(p.look)]));
    },
  };
}

/** @param {import("./context.js").Context} ctx @param {any} first */
function rolloutBox(ctx, first) {
  const [words, note, list] = [h("small", { role: "status" }), h("small.lm-why"), h("div.lm-sets")];
  const sets = keyed(list, (/** @type {any} */ s) => s.uid || s.name, (s) => setBox(ctx, s));
  const name = h("button.lm-name", { type: "button", on: { click: () => ctx.act("focus", { kind: first.kind, name: first.name }) } }, first.name);
  const root = h("div.lm-app.lm-rollout", { role: "group", "aria-label": `${first.kind} ${first.name}` }, h("h4", null, h("span.lm-kind", null, first.kind), name), words, note, list);
  return {
    root,
    update(/** @type {any} */ one) {
      root.dataset.state = one.state;
      words.textContent = one.words;
      note.textContent = one.note;
      note.hidden = !one.note;
      sets(one.sets);
    },
  };
}

/** @param {import("./context.js").Context} ctx */
export function apps(ctx) {
  const [services, rollouts] = [h("div.lm-apps"), h("div.lm-apps")];
  const drawServices = keyed(services, (/** @type {any} */ s) => s.name, (s) => serviceBox(ctx, s));
  const drawRollouts = keyed(rollouts, (/** @type {any} */ r) => `${r.kind} ${r.name}`, (r) => rolloutBox(ctx, r));
  ctx.on("apps", () => {
    const { services: found = [], rollouts: made = [] } = ctx.get("apps") ?? {};
    services.hidden = !found.length;
    rollouts.hidden = !made.length;
    drawServices(found);
    drawRollouts(made);
  });
  return h("div", null, services, rollouts);
}
