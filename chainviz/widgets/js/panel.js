/**
 * The panel beside the picture: tabs, each another view of the same step. The panel is hidden where no tab has content.
 *
 * A tab is {name, has(scene), create(player, shell, signal) -> {element, rebuild(state), show(state), leave()}}; it takes
 * `show` only while its tab is open, and may leave when another one opens. Which one is open is the trait `tab`.
 */

import { box, html, listen, newId, set } from "./dom.js";
import { t } from "./messages.js";

/** What player.js lists among its parts. */
export const createPanel = (tabs) => (player, shell, signal) => {
  const { panel } = shell, { link } = player;
  const views = tabs.map((tab) => ({ ...tab, ...tab.create(player, shell, signal), id: newId("tab") }));
  const list = html("div", { class: "tabs", role: "tablist", "aria-label": t("Views") });
  const pane = html("div", { class: "pane", role: "tabpanel", id: newId("pane"), tabindex: 0 });
  for (const view of views) {
    view.button = html("button", { class: "tab", type: "button", role: "tab", id: view.id, "aria-controls": pane.id },
      t(view.name));
  }
  let there = [], open = null;
  const wanted = () => there.find(({ name }) => name === link.get("tab")) ?? there[0];

  function choose(view, { state } = player) {
    if (open !== view) open?.leave?.();
    open = view;
    for (const { button } of there) {
      set(button, "aria-selected", button === view.button);
      set(button, "tabindex", button === view.button ? 0 : -1);
    }
    pane.replaceChildren(view.element);
    set(pane, "aria-labelledby", view.id);
    view.show(state);
  }
  function pick(view) {
    choose(view);
    link.save({ tab: view.name });
  }
  link.on("tab", () => { if (there.length && open !== wanted()) choose(wanted()); });
  listen(list, {
    click({ target }) {
      const view = there.find(({ button }) => button === target);
      if (view) pick(view);
    },
    keydown(event) {
      const at = there.indexOf(open), last = there.length - 1;
      const goal = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (goal === undefined) return;
      event.preventDefault();
      event.stopPropagation(); // here the arrows walk along the tabs, not along the steps
      pick(there.at(goal % there.length));
      open.button.focus();
    },
  }, signal);
  panel.append(list, box("pane-frame", pane));

  return {
    rebuild(state) {
      there = views.filter(({ has }) => has(state.scene));
      panel.hidden = !there.length;
      list.replaceChildren(...there.map(({ button }) => button));
      there.forEach((view) => view.rebuild(state));
      if (there.length) choose(wanted());
    },
    show(state) { if (there.length) open.show(state); },
  };
};
