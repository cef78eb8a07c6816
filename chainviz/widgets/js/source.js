/**
 * Source: both passes as NumPy, the lines of the step marked. Python writes it once the tab is open, for the scene of a
 * version: {version, lines, steps: lines of every step} or {version, error}.
 */

import { copyButton } from "./copy.js";
import { box, html, setClass, setText } from "./dom.js";
import { mark, t } from "./messages.js";

/** ms after which a kernel that does not write is taken for gone. */
const PATIENCE = 4000;

export const source = {
  name: mark("Source"),
  has: ({ edges }) => edges.length > 0,
  create({ state, link }, shell, signal) {
    const code = html("div", { class: "source", role: "group", "aria-label": t("NumPy source") });
    const note = html("p", { role: "status" });
    const copy = copyButton(t("Copy"), () => told.lines.join("\n"), signal), element = html("div", {}, box("choose", copy), note, code);
    let told = {}, lines = [], timer = 0;

    function read({ version }) {
      const given = link.get("source");
      told = given?.version === version ? given : { version };
      lines = (told.lines ?? []).map((line) => html("div", {}, line || "\u200b"));
      code.replaceChildren(...lines);
      copy.hidden = !told.lines;
      clearTimeout(timer);
      setText(note, told.error ?? (told.lines ? "" : t("Python is writing the source.")));
      if (!note.textContent || told.error) return;
      timer = setTimeout(setText, PATIENCE, note, t("Python writes the source, and no kernel answers."));
    }
    function show({ scene, step }) {
      if (told.version !== scene.version) read(scene);
      if (!told.lines) return;
      const current = told.steps[step], later = new Set(told.steps.slice(step + 1).flat());
      for (const line of told.steps.slice(0, step + 1).flat()) later.delete(line);
      lines.forEach((line, k) => setClass(line, current.includes(k) ? "line-now" : later.has(k) ? "line-later" : ""));
      // The line comes into sight by scrolling the pane, never the page.
      const pane = element.closest(".chainviz-pane-frame"), now = lines[current[0]];
      if (now && pane) pane.scrollTop = Math.max(0, now.offsetTop + now.offsetHeight / 2 - pane.clientHeight / 2);
    }
    link.on("source", () => { if (element.isConnected) { read(state.scene); show(state); } });
    signal.addEventListener("abort", () => clearTimeout(timer));
    return { element, show, rebuild() { told = {}; } };
  },
};
