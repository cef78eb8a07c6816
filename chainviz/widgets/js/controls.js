/** Buttons and keys: what the user asks of the playback. */

import { html, listen, set, svg } from "./dom.js";
import { fillHelp } from "./help.js";
import { mark, t } from "./messages.js";

const ICONS = {
  first: "M3 2h2v12H3zM14 2v12L6 8z", back: "M11 2v12L3 8zM12 2h2v12h-2z", play: "M4 1.5v13L14.5 8z",
  pause: "M3.5 2h3.2v12H3.5zM9.3 2h3.2v12H9.3z", next: "M5 2v12l8-6zM2 2h2v12H2z", last: "M11 2h2v12h-2zM2 2v12l8-6z",
};
const BUTTONS = [["first", mark("To the start"), mark("Home")], ["back", mark("Step back"), "←"],
  ["play", mark("Play"), mark("space")], ["next", mark("Step"), "→"], ["last", mark("To the end"), mark("End")],
  ["help", mark("Keys and legend"), "?"]];
const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", "?": "help" };

export const buildButtons = () => BUTTONS.map(([name, label, key]) => html("button", {
  class: `button ${name === "play" ? "go" : ""}`, type: "button", "data-do": name,
  "aria-label": t(label), title: `${t(label)} (${t(key)})` },
ICONS[name] ? svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] })) : key));

export const buildDetail = () => html("button", { class: "button detail", type: "button", "data-do": "detail",
  title: t("Show every operation, or fold those without a name into the named one that they feed") }, t("Every operation"));

export const buildCollapse = () => html("button", { class: "button detail", type: "button", "data-do": "collapse",
  title: t("Show every scope as one box again") }, t("Collapse"));

export const buildSpeed = () => html("select", { class: "speed", "aria-label": t("Speed"), title: t("Speed") },
  ...[0.5, 1, 2, 4].map((s) => html("option", { value: s }, `${s === 0.5 ? "½" : s}×`)));

export function createControls(player, shell, signal) {
  const { state, link, go, stop, toggle, keys } = player;
  const { root, play, speed, detail, collapse, help } = shell;
  const actions = {
    first() { stop(); go(0, false); },
    back() { stop(); go(state.step - 1, false); },
    next() { stop(); go(state.step + 1); },
    last() { stop(); go(Infinity, false); },
    play: toggle,
    collapse() { player.request({ expanded: [] }); },
    detail() { player.request({ detail: link.get("detail") === "full" ? "folded" : "full" }); },
    help() { fillHelp(help, BUTTONS, keys); help.showModal(); },
  };
  const runs = Object.fromEntries(Object.entries(KEYS).map(([key, name]) => [key, actions[name]]));
  for (const [names, , run] of keys) for (const key of names) runs[key] = run;
  listen(root, {
    click({ target }) { actions[target.closest("[data-do]")?.dataset.do]?.(); },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); // a key that reaches the notebook takes the focus back to its cell
      const own = event.target.closest(event.key === " " ? "input, select, dialog, button" : "input, select, dialog");
      if (own || !runs[event.key]) return;
      event.preventDefault();
      runs[event.key]();
    },
  }, signal);
  listen(speed, { change() { link.save({ speed: +speed.value }); } }, signal);

  function showSpeed() {
    const value = link.get("speed");
    speed.value = value;
    if (!speed.value) speed.append(html("option", { value, selected: "" }, `${value}×`)); // set from Python
  }
  function showPlaying() {
    const [icon, label] = link.get("playing") ? ["pause", t("Pause")] : ["play", t("Play")];
    set(play, "aria-label", label);
    set(play.querySelector("path"), "d", ICONS[icon]);
  }
  function showDetail() {
    set(detail, "aria-pressed", link.get("detail") === "full");
    detail.hidden = !link.get("foldable");
    collapse.hidden = !link.get("expanded").length;
  }
  link.on("detail expanded foldable", showDetail);
  link.on("speed", showSpeed);
  link.on("playing", showPlaying);
  showDetail();
  showSpeed();
  showPlaying();
}
