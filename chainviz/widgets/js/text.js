/** Text in the picture: its width, and names as runs of upright, italic, raised and lowered letters. */

import { html, svg } from "./dom.js";

let pen = null;
const widths = new Map();
/** Measure with the widget's own font from now on: a canvas knows widths without a layout. */
export function measureIn(font) {
  pen ??= document.createElement("canvas").getContext("2d");
  if (pen.font !== font) widths.clear();
  pen.font = font;
}
export function textWidth(text, size) {
  let sum = 0;
  for (const c of text) {
    if (!widths.has(c)) widths.set(c, pen?.measureText(c).width ?? 58);
    sum += widths.get(c);
  }
  return (sum * size) / 100;
}
export const runsWidth = (runs, size) =>
  size * runs.reduce((sum, [text, style]) => sum + Array.from(text).length * (/[\^_]/.test(style) ? 0.36 : 0.52), 0);

/** Runs as an SVG text; superscripts and subscripts shift the baseline and the next run shifts it back. */
export function runText(name, x, y, runs, attributes = {}) {
  let height = 0;
  const spans = runs.map(([text, style]) => {
    const goal = style[0] === "^" ? -0.36 : style[0] === "_" ? 0.22 : 0, size = goal ? 0.7 : 1;
    const dy = goal === height ? undefined : `${((goal - height) / size).toFixed(3)}em`;
    height = goal;
    const look = style.endsWith("i") ? "it" : style === "/" ? "slash" : "up";
    return svg("tspan", { class: look, "font-size": goal ? "0.7em" : undefined, dy }, text);
  });
  return svg("text", { class: `${name} serif`, x, y, ...attributes }, ...spans);
}

export function runMarkup(runs) {
  return runs.map(([text, style]) => {
    const inner = style.endsWith("i") ? html("i", {}, text) : text;
    if (style === "/") return span("slash", [[text, ""]]);
    return style[0] === "^" ? html("sup", {}, inner) : style[0] === "_" ? html("sub", {}, inner) : inner;
  });
}
export const span = (name, runs) => html("span", { class: name }, ...runMarkup(runs));

/** As many runs as fit into `room`, the rest an ellipsis. */
export function cutRuns(runs, room, size) {
  if (runsWidth(runs, size) <= room) return runs;
  const characters = runs.flatMap(([text, style]) => Array.from(text, (c) => [c, style]));
  while (characters.length && runsWidth(characters, size) > room - size) characters.pop();
  return [...characters, ["…", ""]];
}
