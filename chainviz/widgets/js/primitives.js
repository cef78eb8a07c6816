/**
 * The NumPy functions that a tape may consist of, on numbers: the forward value only, as derivatives are on the tape.
 * Truth values are 0 and 1. tests/browser/test_tape.py compares every one with Python's.
 */

const { PI, abs, exp, floor, log, log1p, pow, sign, sqrt, trunc } = Math;
const truth = (answer) => (answer ? 1 : 0);
const isNegative = (x) => x < 0 || Object.is(x, -0);
const copysign = (a, b) => (isNegative(a) === isNegative(b) ? a : -a);
const larger = (a, b) => (a > b || a !== a ? a : b), smaller = (a, b) => (a < b || a !== a ? a : b);

/** C's pow: 1 ** y and (-1) ** ∞ are 1, where JavaScript has NaN. */
const power = (x, y) => (x === 1 || (x === -1 && abs(y) === Infinity) ? 1 : pow(x, y));

/** log(e^a + e^b), where base is that of the exponential. */
function logSum(a, b, scale) {
  if (a === b) return a + log1p(1) * scale; // infinities, too
  const most = larger(a, b), distance = -abs(a - b) / scale;
  return most !== most || distance !== distance ? NaN : most + log1p(exp(distance)) * scale;
}

/** Python's remainder has the sign of the divisor. */
function remainder(a, b) {
  const rest = a % b;
  if (rest) return b < 0 === rest < 0 ? rest : rest + b;
  return rest === 0 ? copysign(0, b) : rest;
}

function floorDivide(a, b) {
  if (b === 0 || a !== a || b !== b) return a / b;
  const rest = a % b;
  if (rest !== rest) return NaN;
  let quotient = (a - rest) / b;
  if (rest && b < 0 !== rest < 0) quotient -= 1;
  if (!quotient) return copysign(0, a / b);
  const whole = floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/** To the nearest whole number, halves to the even one. */
function rint(x) {
  const rest = abs(x) % 1, whole = abs(x) - rest;
  const up = rest > 0.5 || (rest === 0.5 && whole % 2 === 1);
  return x === 0 || !Number.isFinite(x) ? x : copysign(up ? whole + 1 : whole, x);
}

const degrees = (x) => x * (180 / PI), radians = (x) => x * (PI / 180);

export const PRIMITIVES = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negative: (x) => -x,
  positive: (x) => x,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  power,
  float_power: power,
  floor_divide: floorDivide,
  remainder,
  fmod: (a, b) => a % b,

  exp, log, log1p, sqrt,
  expm1: Math.expm1,
  exp2: (x) => pow(2, x),
  log2: Math.log2,
  log10: Math.log10,
  cbrt: Math.cbrt,
  hypot: (a, b) => Math.hypot(a, b),
  logaddexp: (a, b) => logSum(a, b, 1),
  logaddexp2: (a, b) => logSum(a, b, Math.LOG2E),

  sin: Math.sin, cos: Math.cos, tan: Math.tan,
  arcsin: Math.asin, arccos: Math.acos, arctan: Math.atan, arctan2: Math.atan2,
  sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh,
  arcsinh: Math.asinh, arccosh: Math.acosh, arctanh: Math.atanh,
  sinc: (x) => (x === 0 ? 1 : Math.sin(PI * x) / (PI * x)),
  deg2rad: radians, radians, rad2deg: degrees, degrees,

  absolute: abs, fabs: abs, copysign,
  sign: (x) => (x === 0 ? 0 : sign(x)),
  heaviside: (x, atZero) => (x !== x ? x : x > 0 ? 1 : x === 0 ? atZero : 0),
  maximum: larger,
  minimum: smaller,
  fmax: (a, b) => (b !== b || a >= b ? a : b),
  fmin: (a, b) => (b !== b || a <= b ? a : b),
  floor, trunc, rint,
  ceil: Math.ceil,

  where: (condition, a, b) => (condition !== 0 ? a : b),
  less: (a, b) => truth(a < b),
  less_equal: (a, b) => truth(a <= b),
  greater: (a, b) => truth(a > b),
  greater_equal: (a, b) => truth(a >= b),
  equal: (a, b) => truth(a === b),
  not_equal: (a, b) => truth(a !== b),
  logical_or: (a, b) => truth(a !== 0 || b !== 0),
};
