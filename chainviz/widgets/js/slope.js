/**
 * A derivative by finite differences, and whether an adjoint agrees with it.
 *
 * Central differences over ever smaller steps come closer to the slope until rounding takes over: where two of them agree
 * best is the slope, and how well they agree is what is known of it.
 */

/** How far from the input, relative to its size or 1. */
export const STEPS = Array.from({ length: 10 }, (_, k) => 10 ** (-1 - k));
const TOLERANCE = 1e-5, UNSURE = 1e-4, ROUNDING = 2 ** -52;

/**
 * verdict: "agrees", "differs", "kink" (left and right slopes), "unsure" (no two differences agree), "no value" (on one
 * side at least).
 * @param {{here: number, adjoint: number, steps: number[], sides: (number|null)[][]}} found  sides: the output behind and
 *   ahead, for every step
 */
export function judge({ here, adjoint, steps, sides }) {
  const there = sides.map((pair) => pair.every((v) => v !== null && Number.isFinite(v)));
  const known = sides.filter((_, k) => there[k]).flat(), most = Math.max(Math.abs(here), ...known.map(Math.abs));
  const spread = Math.max(0, ...known.map((v) => Math.abs(v - here)));
  const central = sides.map(([behind, ahead], k) => (ahead - behind) / (2 * steps[k]));
  const noise = (k) => (ROUNDING * most) / steps[k];
  let best = -1, error = Infinity;
  for (let k = 0; k + 1 < steps.length; k++) {
    const apart = there[k] && there[k + 1] ? Math.abs(central[k] - central[k + 1]) + noise(k + 1) : Infinity;
    if (apart < error) [best, error] = [k, apart];
  }
  if (best < 0) return { verdict: "no value" };
  const slope = central[best + 1], scale = Math.max(Math.abs(slope), Math.abs(adjoint), 
    (TOLERANCE * spread) / steps[0]);
  const [left, right] = [(here - sides[best + 1][0]) / steps[best + 1], (sides[best + 1][1] - here) / steps[best + 1]];
  // Where the function bends this shrinks with the step, where it jumps it grows, and at a kink it stays.
  const wider = Math.abs(sides[best][0] + sides[best][1] - 2 * here) / steps[best], jump = Math.abs(right - left);
  const found = { slope, left, right, difference: Math.abs(slope - adjoint) };
  if (jump > UNSURE * Math.max(Math.abs(left), Math.abs(right)) && jump > wider / 2 && jump < 2 * wider &&
    jump > 100 * noise(best + 1)) {
    return { verdict: "kink", ...found };
  }
  if (error > UNSURE * scale) return { verdict: "unsure", ...found };
  return { verdict: found.difference <= TOLERANCE * scale + 4 * error ? "agrees" : "differs", ...found };
}
