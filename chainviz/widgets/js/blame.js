/**
 * Blame: a derivative of 0, infinity or NaN is a button. Its trail lights up to the node where it was born, and
 * Python's sentence about it stands in place of the step's, until Escape or another step.
 */

import { listen } from "./dom.js";
import { mark, t } from "./messages.js";
import { sign } from "./numbers.js";
import { readAdjoint, shownAt, uses } from "./scene.js";

/** ms after which no answer comes any more. */
const PATIENCE = 1500;
const SILENT = { birth: -1, trail: [], sentence: mark("Python knows where this was born, but it does not answer.") };
const LOWER = ".chainviz-row, .chainviz-adjoint, .chainviz-adjoint-slot";

/** Whether an adjoint is complete, and 0 or not a finite number. */
function isAskable({ scene, frame }, shown, i) {
  const adjoint = shown.adjoint[i], complete = adjoint !== null && shown.count[i] === uses(scene, i);
  return complete && !scene.nodes[i].box && ["zero", "bad"].includes(sign(readAdjoint(frame, adjoint)));
}

function askable(element, i, can, role) {
  if (can === element.hasAttribute("data-ask")) return;
  const changes = { "data-ask": can && i, role: can ? "button" : role, tabindex: can || role ? 0 : null,
    "aria-description": can && t("Enter tells where this was born") };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === false) element.removeAttribute(name); else element.setAttribute(name, value);
  }
}

export function createBlame(player, { root, scroller, results }, signal) {
  const { state, link, tell } = player;
  let asked = -1, told = [], waiting = 0;

  function answer(blame) {
    clearTimeout(waiting);
    state.blame = blame;
    told = [state.scene, state.frame, state.step];
    tell("show");
  }
  function close() {
    if (asked < 0) return;
    asked = -1;
    link.save({ blame_of: -1 });
    answer(null);
  }
  function ask(event, element) {
    if (!element) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the space bar asks, it does not play
    close();
    asked = +element.dataset.ask;
    waiting = setTimeout(() => answer({ of: asked, ...SILENT, sentence: t(SILENT.sentence) }), PATIENCE);
    link.save({ blame_of: asked });
  }
  function light({ scene, blame }) {
    const trail = blame?.trail.map((j) => scene.edges[j]) ?? [], ids = new Set(trail.map(({ id }) => id));
    const lit = new Set(blame ? [blame.of, ...trail.flatMap(({ source, target }) => [source, target])] : []);
    for (const element of scroller.querySelectorAll("[data-node], [data-edge], [data-gate]")) {
      const { node, edge, gate } = element.dataset, i = scene.nodes.findIndex(({ id }) => id === node);
      const trailing = i >= 0 ? lit.has(i) : ids.has(edge ?? gate);
      if (blame) element.dataset.trail = i >= 0 && i === blame.birth ? "birth" : trailing ? "on" : "off";
      else delete element.dataset.trail;
    }
  }
  // Before the player's own keys: on such a number, they ask.
  listen(scroller.parentElement, { click(event) {
    if (event.target.closest(LOWER)) ask(event, event.target.closest("[data-ask]"));
  } }, signal);
  listen(results, { click(event) { ask(event, event.target.closest("[data-ask]")); } }, signal);
  listen(root, { keydown(event) {
    if (event.key === "Enter" || event.key === " ") ask(event, event.target.closest("[data-ask]"));
    if (event.key === "Escape") close();
  } }, signal);
  link.on("blame", () => {
    const blame = link.get("blame");
    if (asked >= 0 && blame?.of === asked) answer(blame);
  });
  signal.addEventListener("abort", () => clearTimeout(waiting));
  return {
    show(now) {
      if (asked >= 0 && state.blame && [now.scene, now.frame, now.step].some((part, k) => part !== told[k])) close();
      const { scene, step, settled } = now, shown = shownAt(scene, settled ? step : step - 1);
      player.picture?.cards.forEach(({ group }, i) =>
        askable(group, i, !scene.isForward && isAskable(now, shown, i), "treeitem"));
      scene.inputs.forEach((i, k) => {
        const number = results.children[k + 1]?.querySelector("b");
        if (number) askable(number, i, !scene.isForward && isAskable(now, shown, i), null);
      });
      if (state.blame || scroller.querySelector("[data-trail]")) light(now);
    },
  };
}
