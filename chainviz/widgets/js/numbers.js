/**
 * Numbers: how they stand in a frame, how they are written, their sign and strength.
 *
 * @typedef {{kind: number, rows: number, cols: number, data: ArrayLike<number>}} Numbers  a slot that has been read
 */

import { t } from "./messages.js";

/** Kinds of slots: one number, all entries of an array, its norm only, its shape only. */
export const SCALAR = 0, ENTRIES = 1, NORM = 2, SHAPE = 3;

/** |value| as the text of its mantissa and a decimal exponent, null where none is written. */
export function decimal(value, digits) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return [String(+size.toPrecision(digits)), null];
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  return [String(+mantissa), +exponent];
}

/** Four significant digits, trailing zeros dropped, a true minus; m·10ⁿ below 0.0001 and from 1,000,000. */
export function format(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  const minus = value < 0 ? "−" : "";
  if (!Number.isFinite(value)) return `${minus}∞`;
  const [mantissa, exponent] = decimal(value, digits);
  if (exponent === null) return minus + mantissa;
  return `${minus}${mantissa}·10${String(exponent).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻")}`;
}

export function read(frame, [offset, kind, rows, cols]) {
  const count = kind === ENTRIES ? rows * cols : kind === SHAPE ? 0 : 1;
  return { kind, rows, cols, data: frame.subarray(offset, offset + count) };
}
export const scalar = (value) => ({ kind: SCALAR, rows: 1, cols: 1, data: [value] });
export const shapeText = ({ rows, cols }) => (cols === 1 ? `${rows}` : `${rows}×${cols}`);
export const finite = ({ data }) => data.every(Number.isFinite);
export const largest = ({ data }) =>
  data.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
/** An array whose entries are all alike, as that one number. */
export const uniform = (numbers) => (numbers.kind === ENTRIES && numbers.data.every((v) => v === numbers.data[0])
  ? scalar(numbers.data[0]) : numbers);

/** The class that gives a number its hue; "mix" where an array has both signs or unknown ones. */
export function sign({ kind, data }) {
  let positive = kind === SHAPE, negative = false;
  for (const value of data) {
    if (!Number.isFinite(value)) return "bad";
    positive ||= value > 0;
    negative ||= value < 0;
  }
  if (!positive && !negative) return "zero";
  return kind >= NORM || (positive && negative) ? "mix" : positive ? "pos" : "neg";
}

/** Strength 0 .. 1 of a band or bar: four decades up to `top`, the decade of the function's largest derivative. */
export function strength(numbers, top) {
  if (!finite(numbers)) return 0.4;
  const size = largest(numbers);
  return size === 0 ? 0 : clamp((Math.log10(size) - top + 4) / 4, 0.04, 1);
}
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A number, a short list, a norm or a shape as text; null where only a heat map can show it. */
export function asText({ kind, data, rows, cols }, digits = 4) {
  if (kind === SCALAR) return format(data[0], digits);
  if (kind === NORM) return `‖·‖ ${format(data[0], digits)}`;
  if (kind === SHAPE) return shapeText({ rows, cols });
  return data.length > 3 ? null : `[${Array.from(data, (value) => format(value, digits)).join(", ")}]`;
}

export function inWords(numbers) {
  if (numbers.kind === SCALAR || (numbers.kind === ENTRIES && asText(numbers))) return asText(numbers);
  const shape = shapeText(numbers);
  return numbers.kind === NORM ? t("an array of shape {0} and norm {1}", shape, format(numbers.data[0]))
    : t("an array of shape {0}", shape);
}
