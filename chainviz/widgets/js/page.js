/**
 * A page of its own, without Python: the same player on a model that answers from what the page brought along.
 *
 * @typedef {{traits: Object, scenes: import("./scene.js").Scene[], sources: Object[], reached: number[][],
 *   levels: Object<string, {start: Held, tapes: import("./tape.js").Tape[]}>, positions: Object<string, Held[]>,
 *   unknown: string}} Page  a scene's version is its place in `scenes`, a tape's that of its scene; reached: for every step
 *   of a scene, that of all operations with which it is over; `levels` of detail are one or both; `positions` are what
 *   there is for each slider where there are no tapes
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

/** What takes the kernel's place: the traits that follow from the values, in a level of detail. @param {Page} page */
function createKernel({ traits, scenes, sources, levels, positions, unknown }) {
  const start = traits.values, evaluators = Object.fromEntries(Object.entries(levels).map(
    ([detail, { tapes }]) => [detail, tapes.map((tape) => [tape, compile(tape)])]));
  const changed = (before, after) => Object.keys(after).find((name) => after[name] !== before[name]);
  const held = (found) => ({ source: sources[found.scene], scene: scenes[found.scene], frame: decoded(found), blames: found.blames,
    error: "" });
  function computed(values, detail) {
    const numbers = traits.inputs.map(({ name }) => values[name]);
    for (const [tape, evaluate] of evaluators[detail]) {
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
    return near.error ? { values, error: near.error } : { values, ...held(near) };
  }
  return {
    move(before, values, detail) {
      if (levels[detail].tapes.length) return { values, ...computed(values, detail) };
      const name = changed(before, values);
      return positions[name] ? looked(name, values[name]) : { values };
    },
    /** Where nothing can be moved there are the numbers that the page was made with, in either level. */
    change: (values, detail) => (levels[detail].tapes.length ? computed(values, detail) : held(levels[detail].start)),
  };
}

/** The step by which as much has happened; see `corresponding` in timeline.py. */
const corresponding = (step, here, there) => (step === here.length - 1 || there.at(-1) < here[step] ? there.length - 1
  : there.findIndex((position) => position >= here[step]));

function createModel(page) {
  const { levels, scenes, reached } = page, { move, change } = createKernel(page), handlers = {};
  const { detail } = page.traits, { start, tapes } = levels[detail];
  let { blames } = start;
  const traits = { playing: false, speed: 1, error: "", selected: "", expanded: [], foldable: !!(levels.folded && levels.full),
    mode: "reverse", tangent_of: "", blame_of: -1, blame: {}, language: "en", messages: {}, controls: "full", size: "normal", tab: "Derivation", ...page.traits,
    tapes, tape: tapes[0], source: page.sources[start.scene], scene: scenes[start.scene], frame: decoded(start) };
  function put(changes) { // all are there before anyone hears of one
    const names = Object.keys(changes).filter((name) => traits[name] !== changes[name]);
    Object.assign(traits, changes);
    for (const name of names) handlers[`change:${name}`]?.forEach((handler) => handler());
  }
  function changeDetail(to) {
    const { scene } = traits, found = change(traits.values, to);
    if (found.error) return { error: found.error };
    const step = traits.mode === "forward" ? 0 : corresponding(traits.step, reached[scene.version], reached[found.scene.version]);
    const selected = found.scene.nodes.some(({ label }) => label === traits.selected) ? traits.selected : "";
    return { detail: to, tapes: levels[to].tapes, step, selected, ...found };
  }
  return {
    get: (name) => traits[name],
    set(name, value) {
      if (name === "blame_of") return put({ blame: value < 0 ? {} : blames?.[value] ?? { of: value, ...UNTOLD, sentence: t(UNTOLD.sentence) } });
      const { blames: born, ...changes } = name === "values" ? move(traits.values, value, traits.detail)
        : name === "detail" ? changeDetail(value) : { [name]: value };
      if (name === "values" || name === "detail") blames = born;
      put(changes);
    },
    save_changes() {},
    on(event, handler) { (handlers[event] ??= new Set()).add(handler); },
    off(event, handler) { handlers[event]?.delete(handler); },
  };
}

/** Show the page in an element, with the player's own `render`. */
export const createPage = (render) => (page, el) => render({ model: createModel(page), el });
