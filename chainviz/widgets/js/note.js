/** A line under the picture: what it leaves out, or what takes long, with a button that calls it off. */

import { html, listen, setText } from "./dom.js";
import { t } from "./messages.js";

export function createNote({ link }, { root, say }, signal) {
  const words = html("span"), cancel = html("button", { class: "button", type: "button" }, t("Cancel"));
  const line = html("div", { class: "note-line", role: "status" }, words, cancel);
  say.before(line);
  listen(cancel, { click() {
    link.ask({ cancel: true });
    root.focus({ preventScroll: true });
  } }, signal);

  function show() {
    const is = link.get("cancellable"), said = (is ? link.get("busy") : link.get("note")) || "";
    setText(words, said);
    cancel.hidden = !is;
    line.hidden = !said;
  }
  link.on("busy cancellable note", show);
  show();
  return {};
}
