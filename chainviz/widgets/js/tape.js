/**
 * The tape: both passes of a graph of real numbers as one list of operations; see graph/tape.py. It answers a slider
 * without Python.
 *
 * @typedef {{version: number, inputs: number, constants: (number|string)[], names: string[], steps: number[][],
 *   guards: number[][], frame: number[], output: number}} Tape
 */

import { PRIMITIVES } from "./primitives.js";

/**
 * Make the function `(inputs) => frame`: the frame begins with the scene's version; null where a comparison
 * has another answer than in the recording, or where the output is not finite: Python says why.
 * @param {Tape} tape
 */
export function compile({ version, inputs, constants, names, steps, guards, frame: places, output }) {
  const first = inputs + constants.length, registers = new Float64Array(first + steps.length);
  registers.set(constants.map(Number), inputs); // NaN and infinities come as text
  const run = steps.map(([name]) => PRIMITIVES[names[name]]);
  const operands = Int32Array.from(steps.flatMap(([, a, b = 0, c = 0]) => [a, b, c]));
  return (numbers) => {
    registers.set(numbers);
    for (let k = 0, at = 0; k < run.length; k++, at += 3) {
      registers[first + k] = run[k](registers[operands[at]], registers[operands[at + 1]], registers[operands[at + 2]]);
    }
    if (!Number.isFinite(registers[output]) || guards.some(([k, answer]) => registers[k] !== answer)) return null;
    return Float64Array.from([version, ...places], (place, k) => (k ? registers[place] : version));
  };
}

/** Numbers without Python: a frame for the inputs as they are now, null where the tape that is there does not tell. */
export function createAnswers(link) {
  let tape = null, evaluate = null;
  return (scene) => {
    if (link.get("tape") !== tape) {
      tape = link.get("tape");
      evaluate = tape?.steps ? compile(tape) : null;
    }
    const specs = link.get("inputs"), values = link.get("values"), numbers = specs.map(({ name }) => values[name]);
    // Python has checked the tape along the sliders, not beyond; and a name too many is an error that it explains.
    const known = numbers.every((value, k) => value >= specs[k].min && value <= specs[k].max);
    const belongs = evaluate && tape.version === scene.version && known;
    return belongs && Object.keys(values).length === specs.length ? evaluate(numbers) : null;
  };
}
