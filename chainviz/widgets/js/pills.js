/** Pills: the numbers that travel along the edges. */

import { paint, rect, setClass, svg } from "./dom.js";
import { asText, shapeText } from "./numbers.js";
import { textWidth } from "./text.js";

export function showPill(picture, k, numbers, hue, [x, y]) {
  while (picture.pills.length <= k) {
    const pill = { box: rect("", 0, -13, 0, 26, 13), label: svg("text", { y: 5.5 }) };
    pill.group = svg("g", {}, pill.box, pill.label);
    picture.pulses.append(pill.group);
    picture.pills.push(pill);
  }
  const { group, box, label } = picture.pills[k], scale = picture.scene.compact ? 0.8 : 1;
  const written = asText(numbers) ?? shapeText(numbers), width = Math.max(30, textWidth(written, 16) + 18);
  paint(label, "", written);
  paint(box, "width", width.toFixed(1));
  paint(box, "x", (-width / 2).toFixed(1));
  setClass(group, `pill ${hue}`);
  paint(group, "transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale})`);
  paint(group, "visibility", "visible");
}
export const hidePills = (picture, from) =>
  picture.pills.slice(from).forEach(({ group }) => paint(group, "visibility", "hidden"));
