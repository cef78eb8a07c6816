/**
 * A function of one number as a line: points of it, the range of the picture, and its path.
 *
 * @typedef {[x: number, y: number]} Point  y is NaN where the function has no value
 */

import { clamp } from "./numbers.js";

/** Intervals of the first look. */
const EVEN = 120;
/** Halvings of an interval in which the function rises much; it jumps where they do not help. */
const HALVINGS = 12;
/** Shares of the picture's height: more is looked at closer; more can be a jump. */
const STEEP = 1 / 24, JUMP = 1 / 20;

/** What the range may grow by when the points are denser: the value may fall without end where f begins. */
const GROWTH = 0.15;

/**
 * Points of f, as dense as `calls` of it allow: denser where it is steep, and where it ends; and their range.
 * @returns {{points: Point[], range: [bottom: number, top: number]}}
 */
export function sample(f, low, high, calls) {
  const count = Math.min(EVEN, calls >> 1), at = (x) => [x, f(x)];
  let points = evenly(low, high, Array(count + 1).fill(NaN)).map(([x]) => at(x)), left = calls - count;
  const [bottom, top] = rangeOf(points, f), room = (top - bottom) * GROWTH;
  const steep = ([, a], [, b]) => (a === a) !== (b === b) ||
    Math.abs(clamp(a, bottom, top) - clamp(b, bottom, top)) > (top - bottom) * STEEP;
  for (let k = 0; k < HALVINGS; k++) {
    const closer = points.flatMap((point, i) => (i && left > 0 && steep(points[i - 1], point) && left--
      ? [at((points[i - 1][0] + point[0]) / 2), point] : [point]));
    if (closer.length === points.length) break;
    points = closer;
  }
  const [lowest, highest] = rangeOf(points);
  return { points, range: [clamp(lowest, bottom - room, bottom), clamp(highest, top, top + room)] };
}

/** Python's samples: numbers at even distances, null where there is none. @returns {Point[]} */
export const evenly = (low, high, values) =>
  values.map((y, k) => [low + (high - low) * (k / (values.length - 1)), y ?? NaN]);

/**
 * What the picture shows, from bottom to top: all values; but beside a pole only the range of most of them. Without f a
 * value far away from most others is taken for a pole's.
 * @param {Point[]} points
 */
export function rangeOf(points, f) {
  const there = points.filter(([, y]) => Number.isFinite(y)).sort(([, a], [, b]) => a - b);
  if (!there.length) return [-1, 1];
  const at = (share) => there[Math.round(share * (there.length - 1))], room = at(0.9)[1] - at(0.1)[1];
  const distance = Math.abs(points[1][0] - points[0][0]);
  const end = (share, way) => {
    const last = at(share), fence = at(0.5 + 0.4 * way)[1] + way * room;
    const beyond = room > 0 && (last[1] - fence) * way > (f ? 0 : 20 * room);
    return beyond && (!f || isPole(f, last, at(0.5)[1], distance, way)) ? fence : last[1];
  };
  const bottom = end(0, -1), top = end(1, 1);
  // A constant, be it with the dust of rounding, is a level line.
  return top - bottom > 1e-12 * Math.max(Math.abs(top), Math.abs(bottom)) ? [bottom, top] : [bottom - 1, top + 1];
}

/** Whether f's extreme value is far beyond those beside it; `way` is 1 upwards and -1 downwards. */
function isPole(f, [x, y], middle, distance, way) {
  let best = x, most = y;
  for (let step = distance / 2, k = 0; k < 10; step /= 2, k++) {
    for (const near of [best - step, best + step]) {
      const value = f(near);
      if ((value - most) * way > 0) [best, most] = [near, value];
    }
  }
  const beside = [-distance, distance].map((step) => Math.abs(f(best + step) - middle)).filter(Number.isFinite);
  return Math.abs(most - middle) > 8 * Math.max(...beside);
}

/**
 * The line, with gaps where the function has no value or jumps, and marks where it leaves the picture. X and Y give the
 * place of a number; Y is in the picture from 0 to `height`.
 */
export function draw(points, [bottom, top], X, Y, height) {
  const seen = ([, y]) => clamp(y, bottom, top);
  const rise = (k) => (k > 0 && k < points.length ? Math.abs(seen(points[k]) - seen(points[k - 1])) : NaN);
  const slope = (k) => rise(k) / (points[k]?.[0] - points[k - 1]?.[0]) || 0;
  const jumps = (k) => rise(k) > (top - bottom) * JUMP && slope(k) > 3 * Math.max(slope(k - 1), slope(k + 1));
  const leaves = (k) => seen(points[k]) !== points[k][1];
  let line = "", marks = "", pen = false;
  points.forEach(([x, y], k) => {
    if (y !== y) { pen = false; return; }
    const at = `${X(x).toFixed(1)} ${clamp(Y(y), -height, 2 * height).toFixed(1)}`, goesOn = pen && !jumps(k);
    line += goesOn ? `L${at}` : `M${at}h0`; // a point by itself is a dot
    if (goesOn && leaves(k) !== leaves(k - 1)) {
      const up = y > top || points[k - 1][1] > top;
      marks += up ? `M${(X(x) - 4).toFixed(1)} 5l4 -5l4 5z` : `M${(X(x) - 4).toFixed(1)} ${height - 5}l4 5l4 -5z`;
    }
    pen = true;
  });
  return { line, marks };
}
