/** The page of the widget: where head, stage, sentence and transport stand. The parts fill it. */

import { buildButtons, buildCollapse, buildDetail, buildSpeed } from "./controls.js";
import { box, html } from "./dom.js";
import { t } from "./messages.js";

/** @param {string} lang  the language of all words, for screen readers */
export function buildShell(lang) {
  const [formula, inputs, results, scroller, phase, equation] =
    ["formula", "inputs", "results", "scroller", "phase", "equation"].map((name) => box(name));
  const sentence = html("p", { class: "sentence" }), message = html("div", { class: "message", role: "status" });
  const track = html("div", { class: "track", role: "slider", tabindex: 0, "aria-label": t("Step"), "aria-valuemin": 0 });
  const live = html("div", { class: "hidden", "aria-live": "polite" });
  const help = html("dialog", { class: "help", "aria-label": t("Keys and legend") });
  const [speed, detail, collapse, buttons] = [buildSpeed(), buildDetail(), buildCollapse(), buildButtons()];
  const panel = html("div", { class: "panel", hidden: "" });
  const stage = box("stage", scroller), say = box("say", phase, sentence, equation, message);
  const transport = box("transport", box("buttons", ...buttons.slice(0, 5)), track,
    box("buttons", collapse, detail, speed, buttons[5]));
  const root = html("div", { tabindex: 0, role: "region", lang, "aria-label": t("Chain rule explorer"),
    "data-lm-suppress-shortcuts": "true" },
  box("head", formula, inputs, results),
  box("body", box("main", stage, box("foot", say, transport)), panel), live, help);
  root.classList.add("chainviz");
  return { root, formula, inputs, results, stage, scroller, say, phase, sentence, equation, message, track, speed, live,
    detail, collapse, help, panel, play: buttons[2] };
}
