/** The link to Python: traits that are read, saved and watched, and questions. */

import { newId } from "./dom.js";
import { NORM, read } from "./numbers.js";

/** ms after which a question has no answer. */
const PATIENCE = 8000;

export function createLink(model, signal) {
  return {
    get: (name) => model.get(name),
    get hasPython() { return !!model.send; }, // a page of its own has none
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
    /** What Python answers; null where no kernel is there, or none that answers. */
    ask(question) {
      if (!model.send) return Promise.resolve(null);
      const id = newId("question");
      return new Promise((resolve) => {
        const end = (answer) => {
          clearTimeout(timer);
          model.off("msg:custom", hear);
          resolve(answer);
        };
        const hear = (answer) => { if (answer.id === id) end(answer); }, timer = setTimeout(end, PATIENCE, null);
        signal.addEventListener("abort", () => end(null), { once: true });
        model.on("msg:custom", hear);
        try { model.send({ ...question, id }); } catch { end(null); }
      });
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
