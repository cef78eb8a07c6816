/**
 * The player's words in the reader's language. The English text itself is the key, so English needs no table; those of
 * other languages are in chainviz/messages. Every player has a script, and so a table, of its own.
 */

let table = {};
/** Texts by their English ones. Those that are made from now on are in that language. */
export const useMessages = (messages) => { table = messages ?? {}; };

/** A text for a list at the top of a module, where no table is there yet; `t` turns it into words. */
export const mark = (text) => text;

const filled = (key, holes) => (table[key] ?? key).split(/\{(\d)\}/).map((part, k) => (k % 2 ? holes[part] ?? "" : part));

/** t("{0} of {1}", 2, 3) is "2 of 3". */
export const t = (text, ...holes) => filled(text, holes).join("");

/**
 * say`The value of ${name} is ${number}.`: text, elements and lists of them in one row. Its key has {0}, {1}, ... in the
 * holes; a translation may have them in another order.
 * Signs beyond ASCII are escaped in it, for the bundle keeps tagged templates as they are.
 */
export const say = (texts, ...holes) => filled(texts.reduce((key, text, k) => `${key}{${k - 1}}${text}`), holes).flat();

/** Names in a row: "x", "x and y", "x, y and z"; each is a text, or a list of elements and texts. */
export const listed = (parts) =>
  parts.flatMap((part, k) => [k === 0 ? "" : k === parts.length - 1 ? t(" and ") : ", ", part].flat());
