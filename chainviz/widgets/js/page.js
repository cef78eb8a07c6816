/**
 * A page of its own, without Python: the same player on a model that answers from what the page brought along.
 *
 * @typedef {{traits: Object, scenes: import("./scene.js").Scene[], sources: Object[], start: Held, tapes: import("./tape.js").Tape[],
 *   positions: Object<string, Held[]>, unknown: string}} Page  a scene's version is its place in `scenes`, a tape's that
 *   of its scene; `positions` are what there is for each slider where there are no tapes
 * @typedef {{value?: number, scene?: number, frame?: string, error?: string, blames?: Object}} Held  numbers, or why there
 *   are none; blames: for inputs, where a derivative of 0, infinity or NaN was born
 */

import { mark, t } from "./messages.js";
import { compile } from "./tape.js";

/** Pages hold whom to blame only for inputs, at the positions that they hold. */
const UNTOLD = { birth: -1, trail: [], sentence: mark("Where this was born was not kept in this page; a notebook tells.") };

function decoded({ frame }) {
  return new DataView(Uint8Array.from(atob(frame), (character) => character.charCodeAt(0)).buffer);
}

/** What takes the kernel's place: the traits that change when the values do. @param {Page} page */
function createKernel({ traits, scenes, sources, tapes, positions, unknown }) {
  const evaluators = tapes.map((tape) => [tape, compile(tape)]), start = traits.values;
  const changed = (before, after) => Object.keys(after).find((name) => after[name] !== before[name]);
  function computed(values) {
    const numbers = traits.inputs.map(({ name }) => values[name]);
    for (const [tape, evaluate] of evaluators) {
      const { version } = tape, frame = evaluate(numbers);
      if (frame) return { values, source: sources[version], scene: scenes[version], frame: new DataView(frame.buffer), error: "",
        tape };
    }
    return { values, error: unknown };
  }
  /** The nearest position of the slider that was moved, the others where they were when the page was made. */
  function looked(name, value) {
    const near = positions[name].reduce((a, b) => (Math.abs(b.value - value) < Math.abs(a.value - value) ? b : a));
    const values = { ...start, [name]: near.value };
    return near.error ? { values, error: near.error }
      : { values, source: sources[near.scene], scene: scenes[near.scene], frame: decoded(near), blames: near.blames,
          error: "" };
  }
  return (before, values) => {
    if (tapes.length) return computed(values);
    const name = changed(before, values);
    return positions[name] ? looked(name, values[name]) : {};
  };
}

function createModel(page) {
  const answer = createKernel(page), handlers = {};
  let { blames } = page.start;
  const traits = { playing: false, speed: 1, error: "", selected: "", detail: "folded", expanded: [], foldable: false,
    mode: "reverse", tangent_of: "", blame_of: -1, blame: {}, language: "en", messages: {}, controls: "full", size: "normal", tab: "Derivation", ...page.traits, tapes: page.tapes,
    tape: page.tapes[0], source: page.sources[page.start.scene], scene: page.scenes[page.start.scene],
    frame: decoded(page.start) };
  const put = (name, value) => {
    if (traits[name] === value) return;
    traits[name] = value;
    handlers[`change:${name}`]?.forEach((handler) => handler());
  };
  return {
    get: (name) => traits[name],
    set(name, value) {
      if (name === "blame_of") return put("blame", value < 0 ? {} : blames?.[value] ?? { of: value, ...UNTOLD, sentence: t(UNTOLD.sentence) });
      const changes = name === "values" ? { values: value, ...answer(traits.values, value) } : { [name]: value };
      if (name === "values") blames = changes.blames;
      for (const [each, next] of Object.entries(changes)) put(each, next);
    },
    save_changes() {},
    on(event, handler) { (handlers[event] ??= new Set()).add(handler); },
    off(event, handler) { handlers[event]?.delete(handler); },
  };
}

/** Show the page in an element, with the player's own `render`. */
export const createPage = (render) => (page, el) => render({ model: createModel(page), el });
