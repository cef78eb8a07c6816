/**
 * The player's style, which travels inside the script: compressed with it, it is a quarter as long. The builder puts
 * the text of player.css and its key in the place of STYLE and STYLE_KEY.
 */

/** Adds the style to the page, once for all players of this version. */
export function adoptStyle() {
  if (document.getElementById(STYLE_KEY)) return;
  const style = document.createElement("style");
  style.id = STYLE_KEY;
  style.textContent = STYLE;
  document.head.append(style);
}
