/** Lists that are updated in place: an element stays as long as its key does, and is touched only when its data changes. */

/**
 * @template T
 * @param {HTMLElement} parent holds nothing else
 * @param {(item: T) => string} key
 * @param {(item: T) => {root: HTMLElement, update: (item: T) => void}} create
 * @returns {(items: T[]) => void}
 */
export function keyed(parent, key, create) {
  /** @type {Map<string, {root: HTMLElement, update: (item: T) => void, seen: string}>} */
  const held = new Map();
  return (items) => {
    const keys = new Set(items.map(key));
    for (const [name, one] of held) if (!keys.has(name)) { one.root.remove(); held.delete(name); }
    let at = parent.firstElementChild;
    for (const item of items) {
      const name = key(item);
      const seen = JSON.stringify(item);
      let one = held.get(name);
      if (!one) { one = { ...create(item), seen: "" }; held.set(name, one); }
      if (one.seen !== seen) { one.update(item); one.seen = seen; }
      if (one.root === at) at = at.nextElementSibling;
      else parent.insertBefore(one.root, at);
    }
  };
}
