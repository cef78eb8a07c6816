/** The stage: the picture in the direction that the widget has room for; the camera shows it, or a part of it. */

import { listen, reducedMotion } from "./dom.js";
import { drawFloatingGate } from "./gates.js";
import { clamp } from "./numbers.js";
import { buildPicture, draw } from "./picture.js";
import { nodesNow } from "./scene.js";
import { travel } from "./travel.js";

/** Of the window, how high a lesson's picture may be, and the pixels that it has in any case. */
const SHARE = 0.8, LOWEST = 480;
/** ms in which another branch's drawing takes the place of the last one. */
const TRANSITION = 350;
const shapeOf = ({ nodes, edges }) => JSON.stringify([nodes.map(({ label }) => label), edges.map(({ id }) => id)]);

/** The last drawing fades where it was, the next one appears. Where only constants differ, nothing moves. */
function crossFade(before, after) {
  if (reducedMotion() || shapeOf(before.scene) === shapeOf(after.scene)) return before.root.remove();
  const { root } = before;
  root.setAttribute("inert", "");
  root.style.pointerEvents = "none";
  root.animate([{ opacity: 1 }, { opacity: 0 }], TRANSITION).finished.catch(() => {}).then(() => root.remove());
  after.root.animate([{ opacity: 0 }, { opacity: 1 }], TRANSITION);
}

export function createStage(player, { root, scroller }, signal) {
  const { state, link, camera } = player;
  let picture = null, last = null, followed = -1, isWaiting = false;

  /** Keep the current cards in sight by moving the camera, never the page. */
  function follow({ scene, step }) {
    camera.reveal(nodesNow(scene, scene.steps[step]).map((n) => picture.geometry.cards[n]));
    followed = step;
  }

  /**
   * Of a big picture, what is out of sight is drawn once what is in sight is painted, or the camera turns to it: a moved
   * slider does not wait for all of it.
   */
  function drawIt({ frame, step, settled }, seen = null) {
    camera.legible(draw(picture, frame, step, settled, seen));
    if (!picture.isLate || isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => setTimeout(() => {
      isWaiting = false;
      finish();
    }));
  }
  const finish = () => { if (picture?.isLate) drawIt(state); };
  camera.moved.add(finish);

  /** A box of operations shows its inside from now on. */
  function expand(target) {
    const box = target.closest("[data-box]")?.dataset.box;
    if (box && link.get("foldable")) player.request({ expanded: [...link.get("expanded"), box] });
  }

  listen(scroller, {
    click({ target }) { expand(target); },
    keydown({ key, target }) { if (key === "Enter") expand(target); },
    mousedown(event) {
      if (!event.target.closest("svg")) return;
      event.preventDefault();
      root.focus({ preventScroll: true });
    },
    "pointerover pointerout focusin focusout"({ type, target }) {
      if (!picture?.scene.compact) return;
      const at = /over|in$/.test(type) ? picture.edges.findIndex(({ group }) => group.contains(target)) : -1;
      drawFloatingGate(picture, state.frame, at < 0 ? picture.liveEdge : at);
    },
  }, signal);

  return {
    rebuild() {
      [last, picture, player.picture] = [picture ?? last, null, null];
      state.ready = false;
    },
    resize({ scene, unit }) {
      // a lesson's picture opens whole, in the direction in which it can, where its text is not smaller than 10 px
      const inLesson = root.closest(".chainviz-lab"), room = scroller.clientWidth;
      const least = (scene.compact ? 0.88 : 0.67) * (inLesson ? 1 : Math.sqrt(unit)); // text of 10 px, 12 projected
      const isNarrow = root.clientWidth < 640 * unit || (inLesson && room < least * scene.wide.width);
      const geometry = scene.tall && isNarrow ? scene.tall : scene.wide, { vertical } = geometry;
      const most = (vertical && !scene.compact ? 0.92 : 1.12) * unit;
      const high = !vertical ? 640 * unit : inLesson ? Math.max(LOWEST, SHARE * innerHeight) : Infinity;
      const fitting = Math.min(room / geometry.width, high / geometry.height, vertical ? most : Infinity);
      const scale = clamp(fitting, least, most);
      scroller.style.setProperty("--drawn", `${Math.ceil(geometry.height * scale)}px`);
      camera.measure(); // before the new picture is there: to lay that out takes long, and is left to the browser
      if (picture?.geometry !== geometry) {
        picture = player.picture = buildPicture(scene, geometry, player.closes);
        scroller.replaceChildren(...(last ? [last.root] : []), picture.root);
        if (last) crossFade(last, picture);
        last = null;
      }
      camera.look(picture.root, geometry, scale);
      state.ready = true;
      followed = -1;
    },
    show({ frame, step, settled, elapsed }) {
      if (!picture) return;
      if (followed < 0) follow(state); // before it is drawn, that what is to be seen is known
      drawIt(state, picture.scene.compact ? camera.shown() : null);
      if (!settled) travel(picture, frame, step, elapsed);
      if (step !== followed) follow(state);
    },
    travel({ frame, step, elapsed }) { travel(picture, frame, step, elapsed); },
  };
}
