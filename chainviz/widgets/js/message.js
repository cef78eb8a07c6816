/**
 * The message: an error or a slow kernel dims the picture and speaks in place of the sentence. Where the numbers are the
 * tape's, an error is of inputs that were left since.
 */

import { html, setClass } from "./dom.js";
import { belongs } from "./link.js";
import { t } from "./messages.js";
import { inputsText } from "./words.js";

/** ms after which a picture that lags behind its inputs is a slow kernel's. */
const PATIENCE = 400;
/** ms more after which a message may have been lost: the server drops some while a cell prints too much. */
const LOST = 1600;

export function createMessage(player, { stage, say, message }, signal) {
  const { state, link } = player, chosen = () => JSON.stringify([link.get("detail"), link.get("expanded")]);
  let waiting = 0, late = false, checked = null, drawn = ""; // what was chosen where Python has yet to draw something else

  function refresh() {
    const { scene, frame } = state, current = scene && belongs(state, link);
    const error = state.isOurs && current ? "" : link.get("error"), behind = scene && !error &&
      (!current || state.lacking || (drawn && drawn !== chosen()));
    checked = frame;
    if (!behind) {
      clearTimeout(waiting);
      [waiting, late] = [0, false];
    } else waiting ||= setTimeout(lag, PATIENCE);
    const shows = scene && (error || late) ? inputsText(scene, frame) : "";
    const busy = !link.get("cancellable") && link.get("busy"); // what can be cancelled stands beside its button
    const lines = error ? [html("b", {}, error), shows && t("The picture shows the last good input: {0}.", shows)]
      : late && state.lacking ? [`${state.lacking} ${t("They have not come; the picture shows reverse mode.")}`]
      : late ? [`${busy || t("Waiting for the kernel. If it has stopped, run the cell again.")} ${
        t("The picture still shows {0}.", shows)}`] : [];
    message.replaceChildren(...lines.filter(Boolean).map((line) => html("div", {}, line)));
    setClass(stage, lines.length ? "stage dim" : "stage");
    const sums = scene?.isForward || scene?.edges.some(({ of }) => of > 1);
    setClass(say, `say ${sums ? "sums" : ""} ${lines.length ? "told" : ""} ${error ? "error" : ""}`);
  }

  /** Say so; and where it lasts, ask Python for all that it has sent, once for each move. */
  function lag() {
    late = true;
    refresh();
    if (!late) return;
    const asking = waiting = setTimeout(async () => {
      await link.ask({ state: true });
      if (waiting === asking) waiting = 0;
    }, LOST);
  }

  /** Ask for a picture that only Python draws. */
  player.request = (changes) => {
    drawn ||= chosen();
    link.save(changes);
    refresh();
  };
  link.on("error values busy", refresh);
  link.on("scene frame", () => { drawn = ""; refresh(); });
  signal.addEventListener("abort", () => clearTimeout(waiting));
  refresh();
  return { show({ frame }) { if (frame !== checked) refresh(); } };
}
