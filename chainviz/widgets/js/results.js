/** The results: y and every dy/dx. */

import { html, setClass, setText, svg } from "./dom.js";
import { asText, ENTRIES, finite, NORM, read, sign } from "./numbers.js";
import { heatCells } from "./places.js";
import { derivativeRuns, readAdjoint, shownAt, uses } from "./scene.js";
import { span } from "./text.js";

const ROOM = { x: 1, y: 1, w: 82, h: 28 };

/** One result: its element, and the function that shows its numbers, or null for what is not computed yet; `none` says
 * why it never is. */
function createResult(name, runs, signed, [, kind, rows, cols], none = "") {
  const count = kind === ENTRIES ? rows * cols : 0, isList = none || (count && count < 4);
  // Room for what is not computed yet: nothing in the head moves when it arrives.
  const least = kind === NORM ? "11ch" : count > 3 ? "70px" : count ? `${9.2 * count}ch` : "";
  const text = html("b"), heat = svg("svg", { viewBox: "0 0 84 30", class: "result-map" });
  text.style.minWidth = least;
  const element = html("div", { class: "result", "data-of": name }, span("of", runs), text, heat);
  const show = (numbers) => {
    const written = numbers ? asText(numbers) : none;
    const hue = none ? "" : !numbers ? "gap" : signed || !finite(numbers) ? sign(numbers) : "ink";
    setClass(text, isList ? `list ${hue}` : hue);
    setText(text, written ?? "");
    text.hidden = written === null;
    heat.style.display = text.hidden ? "" : "none";
    heat.replaceChildren(...(text.hidden ? heatCells(numbers, { box: ROOM, signed }) : []));
  };
  return { element, show };
}

/** The nodes whose derivative is a result: every input, in forward mode the output, by the one input that moves. */
const derived = ({ isForward, output, inputs }) => (isForward ? [output] : inputs);

export function createResults(player, { results: container }) {
  let value, derivatives;
  return {
    rebuild({ scene }) {
      const { output, nodes, source } = scene, inputs = derived(scene);
      value = createResult(nodes[output].label, nodes[output].name, false, nodes[output].value);
      derivatives = inputs.map((i) => createResult(nodes[source ?? i].label, derivativeRuns(scene, i), true,
        nodes[i].value, nodes[i].without));
      container.replaceChildren(...[value, ...derivatives].map(({ element }) => element));
      setClass(container, inputs.length > 2 ? "results many" : "results");
    },
    show({ scene, frame, step, settled }) {
      const shown = shownAt(scene, settled ? step : step - 1);
      value.show(shown.value[scene.output] ? read(frame, scene.nodes[scene.output].value) : null);
      derived(scene).forEach((i, k) => derivatives[k].show(
        shown.count[i] === uses(scene, i) ? readAdjoint(frame, shown.adjoint[i]) : null));
    },
  };
}
