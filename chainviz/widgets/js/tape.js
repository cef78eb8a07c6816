/**
 * The tape: both passes of a graph as one list of operations on numbers; see graph/tape.py. It answers a slider without
 * Python. Inputs are numbers, and arrays as lists; `finite`: the tape holds only where all its numbers are.
 *
 * @typedef {{version: number, inputs: number, constants: (number|string)[], names: string[], steps: number[][],
 *   guards: number[][], frame: number[], output: number, finite: boolean}} Tape
 */

import { PRIMITIVES } from "./primitives.js";

/** Registers with the constants in, and the function that runs the chosen steps on them for given inputs. */
function prepare({ inputs, constants, names, steps }, chosen = steps.map((_, k) => k)) {
  const first = inputs + constants.length, registers = new Float64Array(first + steps.length);
  registers.set(constants.map(Number), inputs); // NaN and infinities come as text
  const run = chosen.map((k) => PRIMITIVES[names[steps[k][0]]]), results = Int32Array.from(chosen, (k) => first + k);
  const operands = Int32Array.from(chosen.flatMap((k) => [steps[k][1], steps[k][2] ?? 0, steps[k][3] ?? 0]));
  return [registers, (values) => {
    const numbers = values.flat(Infinity);
    registers.set(numbers.length === inputs ? numbers : Array(inputs).fill(NaN));
    for (let k = 0, at = 0; k < run.length; k++, at += 3) {
      registers[results[k]] = run[k](registers[operands[at]], registers[operands[at + 1]], registers[operands[at + 2]]);
    }
  }];
}

const holds = ({ guards, output, finite, frame }, registers) => Number.isFinite(registers[output]) &&
  (!finite || frame.every((place) => Number.isFinite(registers[place]))) && guards.every(([k, answer]) => registers[k] === answer);

/**
 * Make the function `(inputs) => frame`: the frame begins with the scene's version; null where a comparison
 * has another answer than in the recording, or where the output is not finite: Python says why.
 * @param {Tape} tape
 */
export function compile(tape) {
  const { version, frame: places } = tape, [registers, run] = prepare(tape);
  return (numbers) => {
    run(numbers);
    if (!holds(tape, registers)) return null;
    return Float64Array.from([version, ...places], (place, k) => (k ? registers[place] : version));
  };
}

/**
 * The function `(inputs) => output` by itself, which is faster: NaN where `compile` has null. `length` is the number of
 * its operations. @param {Tape} tape
 */
export function outputOf(tape) {
  const { inputs, constants, steps, guards, output } = tape, first = inputs + constants.length;
  const needed = new Set([output, ...guards.map(([k]) => k)]);
  for (let k = steps.length - 1; k >= 0; k--) if (needed.has(first + k)) steps[k].slice(1).forEach((o) => needed.add(o));
  const chosen = steps.flatMap((_, k) => (needed.has(first + k) ? [k] : [])), [registers, run] = prepare(tape, chosen);
  return { length: chosen.length, evaluate(numbers) {
    run(numbers);
    return holds(tape, registers) ? registers[output] : NaN;
  } };
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
    const known = numbers.every((value, k) => Array.isArray(value) || (value >= specs[k].min && value <= specs[k].max));
    const belongs = evaluate && tape.version === scene.version && known;
    return belongs && Object.keys(values).length === specs.length ? evaluate(numbers) : null;
  };
}
