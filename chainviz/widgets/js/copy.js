/** A button that copies a text, be it a promise of one, and says that it has; no text is Python's silence. */

import { html, listen, setText } from "./dom.js";
import { t } from "./messages.js";

export function copyButton(label, text, signal) {
  const button = html("button", { class: "small", type: "button" }, label);
  let timer = 0;
  listen(button, { async click() {
    const copied = await text(), done = await navigator.clipboard?.writeText(copied).then(() => true, () => false);
    setText(button, !copied ? t("No kernel answers") : done ? t("Copied") : t("No access to the clipboard")); // a page that is not secure
    clearTimeout(timer);
    timer = setTimeout(setText, 1800, button, label);
  } }, signal);
  signal.addEventListener("abort", () => clearTimeout(timer));
  return button;
}
