/**
 * The hover card: what there is to know about the node or edge that the pointer or the focus is on. It stands beside it,
 * off the sentence and the current step, and stays while the pointer is on it, so that its text can be selected.
 */

import { html, listen, newId } from "./dom.js";
import { edgeFacts, nodeFacts } from "./facts.js";
import { clamp } from "./numbers.js";
import { shownAt } from "./scene.js";

/** ms of rest until a card opens, and of grace on the pointer's way to it. */
const OPENS = 120, CLOSES = 300;
const GAP = 10;
/** Heights that a card may have at most, where it would lie on the current step. */
const HEIGHTS = ["", "200px", "120px"];

/** A rectangle as its extents along both axes; that of a level line has an area, too. */
function extents(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return [[left - 1, right + 1], [top - 1, bottom + 1]];
}
const middle = ([from, to]) => (from + to) / 2;
const overlap = (...boxes) => [0, 1].reduce((area, k) => area *
  Math.max(0, Math.min(...boxes.map((box) => box[k][1])) - Math.max(...boxes.map((box) => box[k][0]))), 1);

/** Where a card of this size covers none of what is `taken`, little of the rest, and is near to what it belongs to. */
function bestPlace(size, anchor, taken, rest) {
  const room = [innerWidth, innerHeight];
  const [across, down] = size.map((length, k) => [middle(anchor[k]) - length / 2,
    ...taken.flatMap((box) => [box[k][1] + GAP, box[k][0] - GAP - length])].map((start) =>
    clamp(start, 4, Math.max(4, room[k] - length - 4))).map((start) => [start, start + length]));
  const cost = (spot) => taken.reduce((sum, box) => sum + 1e4 * overlap(spot, box), 0) +
    rest.reduce((sum, box) => sum + overlap(spot, box), 0) +
    spot.reduce((sum, extent, k) => sum + 100 * Math.abs(middle(extent) - middle(anchor[k])), 0);
  const spots = across.flatMap((x) => down.map((y) => [x, y])), costs = spots.map(cost);
  return spots[costs.indexOf(Math.min(...costs))];
}

export function createHovercard({ state }, { root, scroller, say }, signal) {
  const id = newId("hover"), card = html("div", { class: "hover", id, role: "tooltip", popover: "manual" });
  let hovered = null, focused = null, open = null, placed, timer;
  root.append(card);

  /** The id of the node or edge that an element belongs to: the first of its data. */
  const idOf = (target) => (scroller.contains(target)
    && Object.values(target.closest("[data-node], [data-edge], [data-gate]")?.dataset ?? {})[0]) || null;
  const all = (names) => [...scroller.lastElementChild?.querySelectorAll(names) ?? []];
  const find = (name) => all(`[data-node="${name}"], [data-edge="${name}"]`)[0];

  function fill({ scene, frame, step, settled }) {
    const [list, facts] = open[0] === "n" ? [scene.nodes, nodeFacts] : [scene.edges, edgeFacts];
    const fresh = html("div", {}, ...facts(scene, frame, shownAt(scene, settled ? step : step - 1),
      list.findIndex((each) => each.id === open)));
    if (fresh.innerHTML !== card.innerHTML) card.replaceChildren(...fresh.childNodes); // what is selected stays so
  }
  function place() {
    const anchor = extents(all(`[data-gate="${open}"]`)[0] ?? find(open));
    if (!overlap(anchor, extents(scroller))) return show(null); // scrolled away
    const taken = [anchor, ...[say, ...all(".chainviz-now")].map(extents)], cards = all(".chainviz-card").map(extents);
    let spot;
    for (const height of HEIGHTS) { // lower, and to be scrolled, only where there is no room for it whole
      card.style.maxHeight = height;
      spot = bestPlace([card.offsetWidth, card.offsetHeight], anchor, taken, cards);
      if (!taken.some((box) => overlap(spot, box))) break;
    }
    card.style.translate = spot.map(([start]) => `${start}px`).join(" ");
    placed = state.step;
  }
  function show(name) {
    clearTimeout(timer);
    all("[aria-describedby]").forEach((element) => element.removeAttribute("aria-describedby"));
    open = state.ready && name;
    if (open) fill(state);
    if (open || card.matches(":popover-open")) card.togglePopover(Boolean(open));
    if (!open) return;
    find(open).setAttribute("aria-describedby", id);
    place();
  }
  const leave = () => show(hovered = focused = null);
  /** After a while, unless the pointer goes on to something else. */
  function soon(name) {
    hovered = name;
    clearTimeout(timer);
    timer = setTimeout(() => { if ((name ?? focused) !== open) show(name ?? focused); }, name ? OPENS : CLOSES);
  }
  const byMouse = (act) => ({ pointerType, buttons, target }) => {
    if (pointerType !== "touch" && !buttons) act(target);
  };
  const left = byMouse(() => soon(null));

  listen(scroller, {
    pointerover: byMouse((target) => soon(idOf(target))),
    pointerleave: left,
    focusin({ target }) {
      if (!target.matches(":focus-visible")) return;
      hovered = null;
      show(focused = idOf(target));
    },
    focusout() {
      focused = null;
      soon(hovered);
    },
  }, signal);
  listen(card, { pointerenter: byMouse(() => soon(open)), pointerleave: left }, signal);
  const always = { signal, capture: true };
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && open) leave(); }, always);
  document.addEventListener("scroll", ({ target }) => { if (open && target !== card) place(); }, always);
  listen(document, { pointerup({ pointerType, target }) {
    if (pointerType === "touch" && !card.contains(target)) show(hovered = idOf(target));
  } }, signal);
  signal.addEventListener("abort", () => clearTimeout(timer));

  return {
    rebuild: leave,
    resize() { if (open) place(); },
    show() {
      if (!open) return;
      fill(state);
      if (placed !== state.step) place();
    },
  };
}
