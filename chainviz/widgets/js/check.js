/** The check beside each derivative: a finite difference, on demand. By the tape where it tells, else Python is asked. */

import { html, listen, newId, setClass, setText } from "./dom.js";
import { t } from "./messages.js";
import { format } from "./numbers.js";
import { finalAdjoint, shownAt, uses } from "./scene.js";
import { judge, STEPS } from "./slope.js";
import { compile } from "./tape.js";

/** The sentence of a verdict, and the few signs of it on the button. */
const VERDICTS = {
  agrees: ({ slope, difference }) => [`✓ ${format(difference, 1)}`,
    t("✓ The central difference is {0}. It differs from the adjoint by {1}.", format(slope), format(difference, 2))],
  differs: ({ slope, adjoint, held }) => [`✗ ${format(slope)}`,
    t("✗ The central difference is {0}, the adjoint is {1}.", format(slope), format(adjoint)) +
      (held ? ` ${t("An adjoint is held on the way, and that may be meant.")}` : "")],
  kink: ({ left, right, adjoint }) => [t("kink"),
    t("There is a kink here: the slope is {0} on the left and {1} on the right. The adjoint, {2}, is a convention.",
      format(left), format(right), format(adjoint))],
  unsure: () => ["?",
    t("No two finite differences agree here: the function is too steep, it jumps, or rounding hides the slope.")],
  "no value": () => ["?",
    t("The function has no value on one side of here, so there is no central difference.")],
  silent: () => ["?", t("The numbers on both sides are not known on this page, and no kernel answers.")],
};

/** The outputs on both sides, as the tape of this scene computes them; null where there is none. */
function byTape({ scene, frame }, link, k) {
  const tape = link.get("tape");
  if (!tape?.steps || tape.version !== scene.version || tape.inputs !== scene.inputs.length) return null;
  const evaluate = compile(tape), output = scene.nodes[scene.output].value[0];
  const inputs = scene.inputs.map((i) => frame[scene.nodes[i].value[0]]), size = Math.max(1, Math.abs(inputs[k]));
  const at = (distance) => evaluate(inputs.with(k, inputs[k] + distance))?.[output] ?? null;
  return { here: frame[output], adjoint: finalAdjoint(scene, frame, scene.inputs[k]).data[0],
    steps: STEPS.map((step) => step * size), sides: STEPS.map((step) => [at(-step * size), at(step * size)]) };
}

export function createChecks({ state, link }, { results, live }, signal) {
  let badges = [], checked = null;

  function createBadge(i, k) {
    const node = state.scene.nodes[i], { d, nodes, output } = state.scene, id = newId("verdict");
    const label = `${d}${nodes[output].label}/${d}${node.label}`, verdict = html("span", { class: "verdict", id });
    const button = html("button", { class: "small check", type: "button", "aria-describedby": id });
    const tell = (signs, sentence, kind = "") => {
      setText(button, signs);
      setText(verdict, sentence);
      setClass(button, `small check ${kind}`);
      button.setAttribute("aria-label", t("Check {0} by finite differences", label));
    };
    const reset = () => tell(t("check"), "");
    async function run() {
      const { scene, frame } = state, ours = byTape(state, link, k);
      const judged = (found) => (found ? { ...found, ...judge(found) } : { verdict: "silent" });
      let found = judged(ours);
      if (!ours || found.verdict === "no value") {
        tell("…", t("Python computes the function on both sides."));
        const answer = await link.ask({ check: k, steps: STEPS });
        if (scene !== state.scene || frame !== state.frame) return;
        found = answer || !ours ? judged(answer) : found;
      }
      const held = scene.edges.some(({ cut }) => cut), along = node.shape.length ? `${t("Along a random direction:")} ` : "";
      const [signs, sentence] = VERDICTS[found.verdict]({ ...found, held });
      tell(signs, along + sentence, found.verdict === "differs" ? "bad" : "");
      setText(live, `${label}: ${along}${sentence}`);
    }
    listen(button, { click: run, keydown({ key }) { if (key === "Escape") reset(); } }, signal);
    reset();
    results.querySelectorAll(".chainviz-result")[k + 1].prepend(button, verdict); // the number stays the last word
    return { button, reset, i };
  }

  return {
    rebuild({ scene }) {
      const none = scene.isForward || !scene.edges.length; // the check is of adjoints
      badges = scene.inputs.flatMap((i, k) => (none || scene.nodes[i].without ? [] : [createBadge(i, k)]));
    },
    show({ scene, frame, step, settled }) {
      const shown = shownAt(scene, settled ? step : step - 1);
      for (const { button, reset, i } of badges) {
        const complete = shown.count[i] === uses(scene, i) && shown.adjoint[i] !== null;
        button.disabled = !complete;
        if (frame !== checked) reset();
      }
      checked = frame;
    },
  };
}
