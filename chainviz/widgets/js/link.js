/** The link to Python: traits that are read, saved and watched. */

import { NORM, read } from "./numbers.js";

export function createLink(model, signal) {
  return {
    get: (name) => model.get(name),
    save(changes) {
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      model.save_changes();
    },
    /** Call the handler whenever one of the named traits changes. */
    on(names, handler) {
      for (const event of names.split(" ").map((name) => `change:${name}`)) {
        model.on(event, handler);
        signal.addEventListener("abort", () => model.off(event, handler));
      }
    },
  };
}

/** The numbers of a frame, copied: the view that arrives may lie at an odd offset. */
export function unpack(view) {
  if (!view?.byteLength) return null;
  return new Float64Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer);
}

/** Whether an input's numbers in a frame are this value; a large array's norm does not tell, nor does a value left out. */
export const agrees = (numbers, value) => numbers.kind === NORM || value === undefined ||
  [value].flat(Infinity).every((entry, n) => Object.is(entry + 0, numbers.data[n] + 0));

/** Whether the numbers of a frame are those of the inputs as they are now. */
export function belongs({ scene, frame }, link) {
  const values = link.get("values");
  return link.get("inputs").every(({ name }, k) => {
    const node = scene.nodes[scene.inputs[k]];
    return !node || agrees(read(frame, node.value), values[name]);
  });
}
