/** Gestures that move the camera: drag, touch, pinch, ctrl + wheel, keys and buttons. A plain wheel is the page's. */

import { box, html, listen, path, svg } from "./dom.js";
import { t } from "./messages.js";
import { clamp } from "./numbers.js";

const NEAR = 4; // px that a hand moves in a click
const STEP = 1.25;
const LENS = "M11.5 6.5a5 5 0 1 0-10 0a5 5 0 1 0 10 0ZM10 10l4.5 4.5";

export function createGestures({ camera, keys, state, openSearch }, { stage, scroller }, signal) {
  let held = null, dragged = false, fingers = null, wheeled = 0;

  /** All turns of the wheel between two frames of the browser are one zoom. */
  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (!wheeled) requestAnimationFrame(() => { camera.zoom(2 ** wheeled, point); wheeled = 0; });
    const lines = event.deltaMode ? 16 : 1, point = [event.clientX, event.clientY];
    wheeled -= clamp(event.deltaY * lines, -40, 40) / 100 || 1e-9;
  }
  const middle = (touches) => ["clientX", "clientY"].map((axis) =>
    Array.from(touches).reduce((sum, touch) => sum + touch[axis], 0) / touches.length);
  const spread = ([a, b]) => (b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0);
  const grip = ({ touches }) => ({ at: middle(touches), apart: spread(touches), count: touches.length });

  /** At the end of the picture one finger scrolls the page, as it would anywhere. */
  function touchmove(event) {
    const now = grip(event), last = fingers;
    if (now.count > 2 || now.count !== last?.count) return;
    const moved = camera.pan(now.at[0] - last.at[0], now.at[1] - last.at[1]);
    if (now.apart) camera.zoom(now.apart / last.apart, now.at);
    if ((moved || now.apart) && event.cancelable) event.preventDefault();
    fingers = now;
  }

  scroller.addEventListener("wheel", wheel, { passive: false, signal });
  scroller.addEventListener("touchmove", touchmove, { passive: false, signal });
  listen(scroller, {
    "touchstart touchend touchcancel"(event) { fingers = event.touches.length ? grip(event) : null; },
    pointerdown({ pointerType, button, clientX, clientY }) {
      dragged = false;
      held = pointerType === "touch" || button ? null : [clientX, clientY];
    },
    pointermove({ pointerId, clientX, clientY, buttons }) {
      if (!held || !(buttons & 1)) return;
      const moved = [clientX - held[0], clientY - held[1]];
      if (!dragged && Math.hypot(...moved) < NEAR) return;
      if (!dragged) scroller.setPointerCapture(pointerId);
      [dragged, held] = [true, [clientX, clientY]];
      camera.pan(...moved);
    },
    "pointerup pointercancel"() { held = null; },
  }, signal);
  // The click at the end of a drag is none; it must not reach what lies under the pointer.
  scroller.addEventListener("click", (event) => { if (dragged) event.stopPropagation(); }, { capture: true, signal });

  const acts = [["+", t("Zoom in"), () => camera.zoom(STEP)], ["−", t("Zoom out"), () => camera.zoom(1 / STEP)],
    ["0", t("The whole picture; again: the usual size"), () => camera.fit()]];
  const others = { "+": ["="], "−": ["-", "_"] }; // what the same key writes, or looks like
  keys.push(...acts.map(([key, label, run]) => [[key, ...(others[key] ?? [])], label, run]));
  const buttons = [["/", t("Find a node"), () => openSearch()], acts[1], acts[2], acts[0]].map(([key, label, run]) => {
    const button = html("button", { class: "button", type: "button", "aria-label": label, title: `${label} (${key})` },
      key === "/" ? svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "lens" }, path("", LENS))
        : key === "0" ? "⤢" : key);
    listen(button, { click: run }, signal);
    return button;
  });
  const tools = box("tools", ...buttons);
  const show = () => {
    tools.hidden = !camera.isPart() && !state.scene.compact;
    scroller.style.cursor = camera.isPart() ? "grab" : "";
  };
  stage.append(tools);
  camera.moved.add(show);
  return {};
}
