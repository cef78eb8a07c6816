/**
 * The player's front end. Python computes every number, formula and position; these modules only show them:
 *
 *   scene (graph, geometry, templates, steps) + frame (all numbers) + step  ->  draw()  ->  SVG, sentence, equation
 *
 * A part of the player, such as the track, is what its `create...(player, shell, signal)` returns: any of
 *
 *   rebuild(state)   another scene is there
 *   resize(state)    the scene is another one, or the widget's width is
 *   show(state)      scene, numbers, step or size are others, or the step has settled
 *   travel(state)    a step is under way, every frame of the browser
 *
 * What a part does besides, it hangs on `player` (state, link, go, stop, camera, ...) and on `signal`, which aborts at
 * the end. A key of its own it pushes to `player.keys`: [keys, what the help says, run].
 */

import { createCamera } from "./camera.js";
import { createChecks } from "./check.js";
import { createControls } from "./controls.js";
import { createBlame } from "./blame.js";
import { createCurves } from "./curves.js";
import { derivation } from "./derivation.js";
import { math } from "./dom.js";
import { createView } from "./forward.js";
import { createFrames } from "./frames.js";
import { createGestures } from "./gestures.js";
import { createHovercard } from "./hovercard.js";
import { createInputs } from "./inputs.js";
import { initialize } from "./kept.js";
import { belongs, createLink, unpack } from "./link.js";
import { createMessage } from "./message.js";
import { useMessages } from "./messages.js";
import { createMinimap } from "./minimap.js";
import { createModes } from "./modes.js";
import { createNote } from "./note.js";
import { clamp } from "./numbers.js";
import { createPage } from "./page.js";
import { createPanel } from "./panel.js";
import { createPlayback } from "./playback.js";
import { race } from "./race.js";
import { createResults } from "./results.js";
import { createSearch } from "./search.js";
import { createSelection } from "./selection.js";
import { createSentence } from "./sentence.js";
import { buildShell } from "./shell.js";
import { source } from "./source.js";
import { createStage } from "./stage.js";
import { adoptStyle } from "./style.js";
import { createAnswers } from "./tape.js";
import { measureIn } from "./text.js";
import { createTrack } from "./track.js";
import { paths } from "./waterfall.js";

export { draw as drawCurve, rangeOf, sample } from "./curve.js";
export { format } from "./numbers.js";
export { findPaths } from "./paths.js";
export { buildPicture, draw } from "./picture.js";
export { PRIMITIVES } from "./primitives.js";
export { shownAt } from "./scene.js";
export { compile, outputOf } from "./tape.js";
export { judge } from "./slope.js";

const alike = (numbers, others) => numbers.length === others.length && numbers.every((x, k) => Object.is(x, others[k]));

/** How much larger everything is for a projector: 19 px instead of 13, see lecture.css. */
const PROJECTED = 19 / 13;

const createFormula = (player, { formula }) =>
  ({ rebuild({ scene }) { formula.replaceChildren(math(scene.formula ?? "")); } });

// The panel comes first: what is left of the width is the stage's. What measures itself comes before the picture is there.
const PARTS = [
  createPanel([derivation, paths, source, race]),
  createFormula,
  createInputs,
  createCurves,
  createResults,
  createChecks,
  createTrack,
  createStage,
  createFrames,
  createSentence,
  createMessage,
  createNote,
  createModes,
  createBlame,
  createSelection,
  createSearch,
  createGestures,
  createMinimap,
  createHovercard,
];

function render({ model, el, signal: outer }) {
  adoptStyle();
  useMessages(model.get("messages"));
  const control = new AbortController(), { signal } = control;
  outer?.addEventListener("abort", () => control.abort(), { signal });
  const shell = buildShell(model.get("language") || "en"), { root, scroller } = shell, link = createLink(model, signal);
  const tell = (event) => parts.forEach((part) => part[event]?.(state));
  const player = createPlayback(link, tell, signal), { state } = player;
  Object.assign(player, { camera: createCamera(scroller), keys: [] });
  const parts = PARTS.map((create) => create(player, shell, signal));
  const answer = createAnswers(link), view = createView(link);
  createControls(player, shell, signal);

  /** How it looks in a lecture: which controls it has, and `state.unit`, how large its type is. */
  function dress() {
    const size = link.get("size") ?? "normal";
    Object.assign(root.dataset, { size, controls: link.get("controls") ?? "full" });
    state.unit = size === "projector" ? PROJECTED : 1;
  }
  function measure() {
    if (!state.scene || !scroller.clientWidth) return; // not on the page yet
    measureIn(`600 100px ${getComputedStyle(root).fontFamily}`);
    tell("resize");
  }
  /**
   * Scene and frame arrive one after the other; only together they are a picture. Python's numbers are the truth where
   * they are those of the inputs as they are now; while they are not there yet, the tape's are shown.
   */
  function receive() {
    const scene = link.get("scene"), sent = unpack(link.get("frame"));
    if (!scene?.nodes || sent?.[0] !== scene.version) return;
    const computed = belongs({ scene, frame: sent }, link) ? null : answer(scene), seen = view(scene, computed ?? sent);
    const fresh = seen.scene !== state.scene;
    // What Python answers to a slider's move are most often the numbers that are shown already.
    if (!fresh && alike(seen.frame, state.frame)) seen.frame = state.frame;
    Object.assign(state, { ...seen, isOurs: computed !== null });
    state.step = clamp(link.get("step") | 0, 0, state.scene.steps.length - 1);
    if (fresh) {
      Object.assign(state, { settled: true, elapsed: Infinity });
      tell("rebuild");
      measure();
    }
    tell("show");
    player.run();
  }

  /** Where the tape does not know either, the picture stays as it is until Python answers. */
  function move() {
    if (state.scene?.version === link.get("scene")?.version && state.scene && answer(state.scene)) receive();
  }

  link.on("controls size", () => {
    dress();
    measure();
    if (state.ready) tell("show");
  });
  link.on("scene frame mode tangent_of", receive);
  link.on("values", move);
  link.on("tape", () => (state.isOurs ? receive() : move()));
  dress();
  el.append(root);
  receive();
  const observer = new ResizeObserver(() => {
    measure();
    if (state.ready) tell("show");
  });
  observer.observe(root);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    root.remove();
  });
  return () => control.abort();
}

export const showPage = createPage(render);
export default { initialize, render };
