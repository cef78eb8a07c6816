/** The map of a big picture: every node as a patch in its adjoint's colour, framed where the stage shows it. */

import { html, listen, rect, set, setClass, svg } from "./dom.js";
import { finite, sign, strength } from "./numbers.js";
import { readAdjoint, uses } from "./scene.js";

/** Nodes above which there is a map, and its largest width and least and largest height in pixels. */
const MANY = 60, WIDTH = 176, LOW = 44, HIGH = 110;

export function createMinimap(player, { stage }, signal) {
  const { camera } = player, map = html("div", { class: "map", "aria-hidden": "true", hidden: "" });
  let picture = null, patches = [], seen = null, told = [];

  function move() {
    if (!seen || map.hidden) return;
    const { x, y, width, height } = camera.shown();
    Object.entries({ x, y, width, height }).forEach(([name, value]) => set(seen, name, value.toFixed(1)));
  }
  function build({ geometry }) {
    const tall = Math.min(HIGH, Math.max(LOW, (WIDTH * geometry.height) / geometry.width));
    patches = geometry.cards.map(([x, y, w, h]) => rect("", x, y, w, h));
    seen = rect("seen", 0, 0, 0, 0);
    told = [];
    map.replaceChildren(svg("svg", { viewBox: `0 0 ${geometry.width} ${geometry.height}`, preserveAspectRatio: "none",
      width: WIDTH, height: tall }, ...patches, seen));
    camera.covered.bottom = tall + 16; // what is now never hides under the map
  }
  function drag(event) {
    const to = map.firstChild.getBoundingClientRect(), { geometry } = picture, { width, height } = camera.shown();
    const goal = [((event.clientX - to.left) / to.width) * geometry.width - width / 2,
      ((event.clientY - to.top) / to.height) * geometry.height - height / 2], { x, y } = camera.shown();
    camera.pan((x - goal[0]) * camera.scale, (y - goal[1]) * camera.scale);
  }
  listen(map, {
    pointerdown(event) { event.preventDefault(); map.setPointerCapture(event.pointerId); drag(event); },
    pointermove(event) { if (map.hasPointerCapture(event.pointerId)) drag(event); },
  }, signal);
  stage.append(map);
  camera.moved.add(move);

  return {
    resize({ scene }) {
      map.hidden = scene.nodes.length <= MANY;
      if (map.hidden) camera.covered.bottom = 0;
      else if (picture !== player.picture) build(picture = player.picture);
      move();
    },
    show({ scene, frame }) {
      if (map.hidden || !player.picture) return;
      const { adjoint, count } = player.picture.shown, isNew = told.frame !== frame;
      told.frame = frame;
      patches.forEach((patch, i) => {
        const known = count[i] === uses(scene, i) ? adjoint[i] : null;
        if (!isNew && told[i] === known) return;
        told[i] = known;
        const numbers = readAdjoint(frame, known);
        setClass(patch, numbers ? `patch known ${sign(numbers)}` : "patch");
        const share = numbers && finite(numbers) && sign(numbers) !== "zero" ? strength(numbers, scene.top) : 1;
        set(patch, "fill-opacity", (0.3 + 0.7 * share).toFixed(2));
      });
    },
  };
}
