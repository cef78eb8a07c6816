/** The step in words: its phase, sentence and equations, on the page and for screen readers. */

import { html, math, setText } from "./dom.js";
import { writable } from "./formulas.js";
import { FORWARD_WORDS } from "./forwardwords.js";
import { t } from "./messages.js";
import { read } from "./numbers.js";
import { WORDS } from "./words.js";

export function createSentence({ link }, { say, phase, sentence, equation, live }) {
  let told = [];
  return {
    rebuild({ scene, frame }) {
      const tables = scene.nodes.map((node) => read(frame, node.value)).filter(writable);
      say.style.setProperty("--rows", Math.max(1, ...tables.map(({ rows }) => rows)));
    },
    show({ scene, frame, step, blame }) {
      const now = [scene, frame, step, blame];
      if (now.every((part, k) => part === told[k])) return; // a text that is being read stays untouched
      told = now;
      const [kind, i] = scene.steps[step], back = step >= scene.turn, words = blame
        ? { sentence: [blame.sentence], equations: [] }
        : (scene.isForward ? FORWARD_WORDS : WORDS)[kind](scene, frame, i);
      const count = back ? t("{0} of {1}", step - scene.turn + 1, scene.steps.length - scene.turn)
        : step ? t("{0} of {1}", step, scene.turn - 1) : t("start");
      const [arrow, way] = back ? ["⟵", t("Backward")] : ["⟶", t("Forward")];
      phase.replaceChildren(html("i", {}, arrow), html("b", {}, way), count);
      sentence.replaceChildren(...words.sentence);
      equation.replaceChildren(...words.equations.map(math));
      if (link.get("playing") && link.get("speed") > 1) return; // faster than anyone can listen
      setText(live, `${blame ? "" : `${t("Step {0} of {1}.", step, scene.steps.length - 1)} `}${sentence.textContent}`);
    },
  };
}
