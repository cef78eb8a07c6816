/**
 * The tape: both passes of a graph of real numbers as one list of operations; see graph/tape.py. It answers a slider
 * without Python.
 *
 * @typedef {{version: number, inputs: number, constants: (number|string)[], names: string[], steps: number[][],
 *   guards: number[][], frame: number[], output: number}} Tape
 */

import { PRIMITIVES } from "./primitives.js";

/**
 * Make the function `(inputs, frame) => holds`: it fills the frame, which begins with the scene's version, or answers
 * false and leaves it alone: where a comparison has another answer than in the recording, or the output is not finite.
 * @param {Tape} tape
 */
export function player({ version, inputs, constants, names, steps, guards, frame: places, output }) {
  const first = inputs + constants.length, registers = new Float64Array(first + steps.length);
  registers.set(constants.map(Number), inputs); // NaN and infinities come as text
  const run = steps.map(([name]) => PRIMITIVES[names[name]]);
  const operands = Int32Array.from(steps.flatMap(([, a, b = 0, c = 0]) => [a, b, c]));
  return (numbers, frame) => {
    registers.set(numbers);
    for (let k = 0, at = 0; k < run.length; k++, at += 3) {
      registers[first + k] = run[k](registers[operands[at]], registers[operands[at + 1]], registers[operands[at + 2]]);
    }
    if (!Number.isFinite(registers[output]) || guards.some(([k, answer]) => registers[k] !== answer)) return false;
    frame[0] = version;
    places.forEach((place, k) => { frame[k + 1] = registers[place]; });
    return true;
  };
}
