/** The clock: calls `advance` with the milliseconds passed, every frame of the browser for as long as it is `busy`. */

import { listen } from "./dom.js";

export function createClock(advance, busy, signal) {
  let request = 0, before = 0;
  function tick(time) {
    const passed = Math.min(50, time - before);
    request = 0;
    advance(passed);
    run();
  }
  function run() {
    if (request || document.hidden || signal.aborted || !busy()) return;
    before = performance.now();
    request = requestAnimationFrame(tick);
  }
  function halt() {
    cancelAnimationFrame(request);
    request = 0;
  }
  listen(document, { visibilitychange() { if (document.hidden) halt(); else run(); } }, signal);
  signal.addEventListener("abort", halt);
  return { run };
}
