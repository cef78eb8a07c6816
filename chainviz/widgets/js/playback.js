/**
 * Playback: which step is shown, and how it moves on.
 *
 * @typedef {{scene: import("./scene.js").Scene|null, frame: Float64Array|null, step: number, settled: boolean,
 *   elapsed: number, ready: boolean, isOurs: boolean,
 *   lacking: string, blame: Object|null}} State  settled: what the step brings is there, nothing travels
 *   any more; elapsed: ms into the step at speed 1; ready: the stage has a picture; isOurs: the frame is the tape's;
 *   lacking: why the chosen mode is not shown; blame: Python's answer that is being read
 */

import { createClock } from "./clock.js";
import { reducedMotion } from "./dom.js";
import { clamp } from "./numbers.js";
import { timing } from "./travel.js";

/** `tell("show")` and `tell("travel")` reach every part of the player. */
export function createPlayback(link, tell, signal) {
  /** @type {State} */
  const state = { scene: null, frame: null, step: 0, settled: true, elapsed: Infinity, ready: false,
    isOurs: false, lacking: "", blame: null };
  let pause = 0; // ms of rest after the step
  const lastStep = () => state.scene.steps.length - 1;
  const plan = () => timing(state.scene, state.step);
  const clock = createClock(advance,
    () => state.ready && (link.get("playing") || state.elapsed < plan().end), signal);

  function advance(time) {
    const passed = time * (link.get("speed") || 1), { change, end, rest } = plan();
    if (state.elapsed < end) {
      state.elapsed += passed;
      if (state.settled) return;
      state.settled = state.elapsed >= change;
      tell(state.settled ? "show" : "travel");
    } else if (link.get("playing")) {
      pause += passed;
      // Without motion the time of the journey is time to read.
      if (pause <= rest + (reducedMotion() ? end : 0)) return;
      if (state.step < lastStep()) go(state.step + 1); else stop();
    }
  }
  function enter(step, animate) {
    const settled = !animate || reducedMotion();
    Object.assign(state, { step, settled, elapsed: settled ? Infinity : 0 });
    pause = 0;
    tell("show");
    clock.run();
  }
  function go(goal, animate = true) {
    if (!state.ready) return;
    const next = clamp(goal, 0, lastStep());
    if (next !== state.step) {
      enter(next, animate && next > state.step);
      link.save({ step: next });
    } else if (!animate && !state.settled) enter(next, false);
  }
  function stop() { if (link.get("playing")) link.save({ playing: false }); }
  function toggle() {
    if (!state.ready) return;
    if (!link.get("playing") && state.step === lastStep()) go(0, false);
    link.save({ playing: !link.get("playing") });
  }

  // Two views stay together: each step that one of them sets starts the other's clock anew.
  link.on("step", () => {
    const next = state.ready ? clamp(link.get("step") | 0, 0, lastStep()) : state.step;
    if (next !== state.step) enter(next, next === state.step + 1);
  });
  link.on("playing", () => {
    pause = Infinity;
    clock.run();
  });
  return { state, link, tell, go, stop, toggle, run: clock.run };
}
