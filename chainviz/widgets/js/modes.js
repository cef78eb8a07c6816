/** The switch between reverse and forward mode, and the input that moves in forward mode. */

import { html, listen, set } from "./dom.js";
import { movable } from "./forward.js";
import { t } from "./messages.js";

export function createModes({ state, link, stop }, { speed }, signal) {
  const button = html("button", { class: "button detail", type: "button",
    title: t("Push a tangent forward with the values, instead of adjoints backward") }, t("Forward mode"));
  const select = html("select", { class: "speed", "aria-label": t("Tangent of"),
    title: t("The input whose tangent is 1") });
  speed.before(select, button);
  let inputs = [];

  const begin = (changes) => {
    stop();
    link.save({ ...changes, step: 0 });
  };
  listen(button, { click() {
    begin({ mode: link.get("mode") === "forward" ? "reverse" : "forward" });
  } }, signal);
  listen(select, { change() { begin({ tangent_of: inputs[select.selectedIndex] }); } }, signal);

  function show({ scene } = state) {
    if (!scene) return;
    const forward = link.get("mode") === "forward", nodes = movable(scene).map((i) => scene.nodes[i]);
    inputs = nodes.map(({ label }) => label);
    select.replaceChildren(...nodes.map(({ label, shape }) =>
      html("option", { value: label }, `d${label} = ${shape.length ? "\u{1D7CF}" : 1}`)));
    set(button, "aria-pressed", forward);
    button.hidden = !scene.forward;
    select.hidden = !forward || nodes.length < 2;
    select.selectedIndex = Math.max(0, inputs.indexOf(link.get("tangent_of")));
  }
  link.on("mode tangent_of", () => show());
  return { rebuild: show };
}
