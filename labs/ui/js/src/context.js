/** What every part of a widget gets: its traits, a way to send, and an error boundary. */

/**
 * @typedef {{get(name: string): any, send(content: any): void, on(name: string, f: Function): void, off(name: string, f: Function): void}} Model
 * @typedef {{model: Model, signal?: AbortSignal, view: string, el: HTMLElement,
 *   get(trait: string): any,
 *   act(name: string, args?: Record<string, any>): void,
 *   on(traits: string | string[], f: () => void): void,
 *   cleanups: (() => void)[]}} Context
 */

let views = 0;

/** @param {{model: Model, el: HTMLElement, signal?: AbortSignal}} from @returns {Context} */
export function context({ model, el, signal }) {
  /** @type {(() => void)[]} */
  const cleanups = [];
  const view = `v${Date.now().toString(36)}${(views += 1)}`;
  /** @type {Context} */
  const ctx = {
    model, el, signal, view, cleanups,
    get: (trait) => model.get(trait),
    act(name, args = {}) {
      model.send({ t: "action", name, args, view });
    },
    on(traits, f) {
      const guarded = () => {
        try {
          f();
        } catch (error) {
          console.error("k8s-ml-labs:", error);
        }
      };
      for (const trait of [traits].flat()) {
        model.on(`change:${trait}`, guarded);
        cleanups.push(() => model.off(`change:${trait}`, guarded));
      }
      guarded();
    },
  };
  return ctx;
}

const ENDED = new Set(["restarting", "autorestarting", "terminating", "dead"]);

/** Calls `dead` once, when the kernel behind this view has gone or was restarted. @param {Context} ctx @param {() => void} dead */
export function whenGone(ctx, dead) {
  const kernel = /** @type {any} */ (ctx.model).widget_manager?.kernel;
  const look = () => setTimeout(() => {
    if (ctx.el.closest(".jupyter-widgets-disconnected") || ctx.el.querySelector(".jupyter-widgets-disconnected")) dead();
  }, 0);
  const status = (/** @type {any} */ _kernel, /** @type {string} */ now) => { if (ENDED.has(now)) dead(); };
  ctx.model.on("comm_live_update", look);
  kernel?.statusChanged?.connect(status);
  kernel?.disposed?.connect(dead);
  ctx.cleanups.push(() => {
    ctx.model.off("comm_live_update", look);
    kernel?.statusChanged?.disconnect(status);
    kernel?.disposed?.disconnect(dead);
  });
}

/** @param {Context} ctx @returns {() => void} */
export function closer(ctx) {
  return () => ctx.cleanups.splice(0).forEach((f) => f());
}
