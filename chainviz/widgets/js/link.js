/** The link to Python: traits that are read, saved and watched. */

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
