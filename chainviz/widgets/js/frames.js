/** Titled frames round what is in an open box, each with a button that closes it where Python can do so. */

import { listen, path, rect, svg, text } from "./dom.js";
import { t } from "./messages.js";

const SIDE = 18, INSET = 6;

/** The surfaces, which stand behind all else, and the titles with their buttons. */
export function frameElements({ frames = [] }, { frames: boxes = [] }, closes) {
  const surfaces = boxes.map(([x, y, w, h]) => rect("surface", x, y, w, h, 10));
  const titles = boxes.map(([x, y, w], k) => {
    const { key, label, title } = frames[k];
    return svg("g", { transform: `translate(${x} ${y})` }, text("frame-title", 12, 19, title),
      closes(key) ? svg("g", { class: "close", transform: `translate(${w - SIDE - INSET} ${INSET})`, role: "button",
        tabindex: 0, "data-close": key, "aria-expanded": true, "aria-label": t("Collapse {0}", label) },
      rect("close-face", 0, 0, SIDE, SIDE, 5), path("close-sign", "M5 9h8")) : "");
  });
  return { surfaces: svg("g", { class: "framed" }, ...surfaces), titles: svg("g", {}, ...titles) };
}

export function createFrames(player, { root, scroller }, signal) {
  const { link, state, camera } = player;
  let wanted = "", picture = null; // the box that was opened or closed by a key, until its new picture is there

  const isFull = () => link.get("detail") === "full";
  /** Where every operation shows, all boxes are open; one that closes takes the picture back to the folded one. */
  player.closes = (key) => (isFull() ? link.hasPython && link.get("foldable") : link.get("expanded").includes(key));

  function close(event) {
    const key = event.target.closest?.("[data-close]")?.dataset.close;
    if (!key) return;
    event.preventDefault();
    event.stopPropagation();
    wanted = event.type === "keydown" ? key : "";
    const within = (name) => name === key || name.startsWith(`${key}/`);
    const open = isFull() ? state.scene.frames.map((frame) => frame.key) : link.get("expanded");
    player.request({ detail: "folded", expanded: open.filter((name) => !within(name)) });
  }
  listen(scroller, {
    click: close,
    focusin({ target }) {
      const key = target.dataset?.close, k = state.scene.frames.findIndex((frame) => frame.key === key);
      if (key && k >= 0) camera.reveal([picture.geometry.frames[k]].map(([x, y, w]) => [x + w - SIDE - INSET, y, SIDE, SIDE]));
    },
    keydown(event) {
      if (event.key === "Enter" && link.get("foldable")) wanted = event.target.closest?.("[data-box]")?.dataset.box || "";
      if (event.key === "Enter" || event.key === " ") close(event);
    },
  }, signal);
  return {
    /** The focus stays with the box: on its frame's button once it is open, on its card once it is closed. */
    resize() {
      if (!player.picture || player.picture === picture) return;
      picture = player.picture;
      if (!wanted) return;
      const at = [...picture.root.querySelectorAll("[data-close], [data-box]")]
        .find(({ dataset }) => (dataset.close ?? dataset.box) === wanted);
      wanted = "";
      (at ?? root).focus({ preventScroll: true });
    },
  };
}
