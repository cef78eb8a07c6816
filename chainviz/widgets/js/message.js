/** The message: an error or a slow kernel dims the picture and speaks in place of the sentence. */

import { html, setClass } from "./dom.js";
import { NORM, read } from "./numbers.js";
import { inputsText } from "./words.js";

/** ms after which a picture that lags behind its inputs is a slow kernel's. */
const PATIENCE = 400;

/** Whether the numbers that are shown are those of the inputs. */
function belongs({ scene, frame }, specs, values) {
  return specs.every(({ name }, k) => {
    const node = scene.nodes[scene.inputs[k]], numbers = node && read(frame, node.value);
    return !node || numbers.kind === NORM || values[name] === undefined ||
      [values[name]].flat(Infinity).every((value, n) => Object.is(value + 0, numbers.data[n] + 0));
  });
}

export function createMessage({ state, link }, { stage, say, message }, signal) {
  let waiting = 0, late = false, checked = null;

  function refresh() {
    const { scene, frame } = state, error = link.get("error");
    const behind = scene && !error && !belongs(state, link.get("inputs"), link.get("values"));
    checked = frame;
    if (!behind) {
      clearTimeout(waiting);
      [waiting, late] = [0, false];
    } else waiting ||= setTimeout(() => { late = true; refresh(); }, PATIENCE);
    const shows = scene && (error || late) ? inputsText(scene, frame) : "";
    const lines = error ? [html("b", {}, error), shows && `The picture shows the last good input: ${shows}.`]
      : late ? [`Waiting for the kernel. The picture still shows ${shows}.`] : [];
    message.replaceChildren(...lines.filter(Boolean).map((line) => html("div", {}, line)));
    setClass(stage, lines.length ? "stage dim" : "stage");
    const sums = scene?.edges.some(({ of }) => of > 1);
    setClass(say, `say ${sums ? "sums" : ""} ${lines.length ? "told" : ""} ${error ? "error" : ""}`);
  }

  link.on("error values", refresh);
  signal.addEventListener("abort", () => clearTimeout(waiting));
  refresh();
  return { show({ frame }) { if (frame !== checked) refresh(); } };
}
