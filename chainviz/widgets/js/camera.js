/** The camera: which part of the picture the stage shows, and how large. Only a transform changes, so it is quick. */

import { reducedMotion } from "./dom.js";
import { clamp } from "./numbers.js";

/** Pixels below which no text is shown; a picture that is zoomed out leaves it to the cards. */
const LEAST_TEXT = 10, LARGEST = 3, MARGIN = 40;
/** The height of the tools, which are there where the picture is larger than the frame. */
const TOOLS = 56;
/** ms at rest after which the picture is painted sharp; until then the browser moves what it has painted. */
const REST = 200;

/**
 * `moved` hears of every change; `covered` are the widths of the frame's edges under which something is hidden.
 * @typedef {{x: number, y: number, width: number, height: number}} Shown  a part of the picture, in its own units
 */
export function createCamera(frame) {
  const camera = { moved: new Set(), covered: { left: 0, top: 0, bottom: 0 }, scale: 1 };
  let root = null, width = 0, height = 0, home = 1, x = 0, y = 0, isOwn = false, rest = 0;
  const resized = new Set();
  let across = 0, down = 0; // of the frame: asked for once a size, as each question lays out what was changed before it
  const isPart = (scale) => isOwn || width * scale > across + 1 || height * scale > down + 1;
  /** Where a picture of this scale is in nobody's way, along x and along y: [from, to]. */
  function room(scale) {
    const { left, top, bottom } = camera.covered;
    return [[left, across], [top, down - Math.max(bottom, isPart(scale) ? TOOLS : 0)]];
  }
  const whole = () => Math.min(home, ...room(home).map(([from, to], k) => (to - from) / [width, height][k]));
  const inside = (low, size, [from, to]) => (size <= to - from ? (from + to - size) / 2 : clamp(low, to - size, from));

  function put(left, top, scale, glide = false) {
    const [alongX, alongY] = room(scale), zoomed = scale !== camera.scale;
    [x, y, camera.scale] = [inside(left, width * scale, alongX), inside(top, height * scale, alongY), scale];
    root.style.transition = glide && !reducedMotion() ? "transform .35s ease-in-out" : "none";
    root.style.transform = `translate(${x.toFixed(1)}px,${y.toFixed(1)}px) scale(${scale.toFixed(4)})`;
    if (zoomed) camera.legible([root]);
    root.style.willChange = "transform";
    clearTimeout(rest);
    rest = setTimeout(() => { root.style.willChange = ""; }, REST);
    camera.moved.forEach((handler) => handler());
  }

  /** Of the groups whose texts have other sizes, no text shows that is too small to be read. */
  function hideTiny(groups) {
    const dropped = "chainviz-tiny";
    if (camera.scale >= 1 && !root.querySelector(`.${dropped}`)) return;
    for (const text of groups.flatMap((group) => [...group.querySelectorAll("text")])) {
      text.classList.toggle(dropped, parseFloat(getComputedStyle(text).fontSize) * camera.scale < LEAST_TEXT - 0.05);
    }
  }

  return Object.assign(camera, {
    /** The frame has another size. */
    measure() { [across, down] = [frame.clientWidth, frame.clientHeight]; },
    /** Another picture, or another size of the frame: a size that the user chose stays while the picture does. */
    look(at, geometry, scale) {
      if (root !== at) [isOwn, camera.scale] = [false, 0];
      [root, { width, height }, home] = [at, geometry, scale];
      Object.assign(root.style, { width: `${width}px`, height: `${height}px` });
      put(x, y, isOwn ? clamp(camera.scale, whole(), LARGEST) : home);
    },
    /** @returns {Shown} */
    shown: () => ({ x: -x / camera.scale, y: -y / camera.scale, width: across / camera.scale, height: down / camera.scale }),
    /** Whether there is more than the frame shows, or another size than the usual one. */
    isPart: () => isPart(camera.scale),
    pan(dx, dy) {
      const before = [x, y];
      put(x + dx, y + dy, camera.scale);
      return x !== before[0] || y !== before[1];
    },
    /** Larger or smaller about a point of the window, else about the middle. */
    zoom(factor, point) {
      const box = frame.getBoundingClientRect(), scale = clamp(camera.scale * factor, whole(), LARGEST);
      const [px, py] = point ? [point[0] - box.left, point[1] - box.top] : [box.width / 2, box.height / 2];
      const ratio = scale / camera.scale;
      isOwn = true;
      put(px - (px - x) * ratio, py - (py - y) * ratio, scale, !point);
    },
    /** The whole picture; where it shows already, the size in which it can be read. */
    fit() {
      isOwn = Math.abs(camera.scale - whole()) > 1e-3;
      put(0, 0, isOwn ? whole() : home, true);
    },
    /** Move no further than it takes to have boxes [x, y, width, height] in sight, or put them in the middle. */
    reveal(boxes, centre = false) {
      const [left, top] = room(camera.scale).map(([from, to], k) => {
        const low = Math.min(...boxes.map((box) => box[k])) * camera.scale - MARGIN;
        const high = Math.max(...boxes.map((box) => box[k] + box[k + 2])) * camera.scale + MARGIN;
        const now = [x, y][k], isSeen = low + now >= from && high + now <= to;
        return isSeen && !centre ? now : (from + to - low - high) / 2;
      });
      if (left !== x || top !== y) put(left, top, camera.scale, true);
    },
    /** Told of groups whose texts have other sizes: once all is drawn, since asking for a size makes the browser style it. */
    legible(groups) {
      if (!resized.size) queueMicrotask(() => {
        hideTiny(resized.has(root) ? [root] : [...resized]);
        resized.clear();
      });
      groups.forEach((group) => resized.add(group));
    },
  });
}
