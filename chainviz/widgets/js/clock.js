/** The clock: calls `advance` with the milliseconds passed, every frame of the browser for as long as it is `busy`. */

import { listen } from "./dom.js";
import { clamp } from "./numbers.js";

export function createClock(advance, busy, signal) {
  let request = 0, before = 0;
  function tick(time) {
    const passed = clamp(time - before, 0, 50); // a frame may have begun before it was asked for
    [request, before] = [0, time];
    advance(passed);
    ask();
  }
  function ask() {
    if (!request && !document.hidden && !signal.aborted && busy()) request = requestAnimationFrame(tick);
  }
  function run() {
    if (!request) before = performance.now();
    ask();
  }
  function halt() {
    cancelAnimationFrame(request);
    request = 0;
  }
  listen(document, { visibilitychange() { if (document.hidden) halt(); else run(); } }, signal);
  signal.addEventListener("abort", halt);
  return { run };
}
