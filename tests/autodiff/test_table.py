"""The table of primitives, checked row by row: each has samples, a formula, right shapes, right derivatives."""

import itertools

import numpy as np
import pytest
import scipy.special

from chainviz.autodiff import check_grads, random
from chainviz.autodiff.forms import Elementwise
from chainviz.autodiff.rules.special import softmax
from chainviz.autodiff.scipy_bridge import load
from chainviz.autodiff.variable import PRIMITIVES

assert random.normal  # that file has rows too
assert load(scipy.special.expit)  # and this is how SciPy's come into the table

# Where the operands of an elementwise operation may lie: an interval an operand, None for one without a derivative.
DOMAINS = {
    "add": [(-2, 2), (-2, 2)], "subtract": [(-2, 2), (-2, 2)], "multiply": [(-2, 2), (-2, 2)],
    "divide": [(-2, 2), (0.5, 2)], "power": [(0.5, 2), (-2, 2)], "logaddexp": [(-2, 2), (-2, 2)],
    "maximum": [(-2, 2), (-2, 2)], "minimum": [(-2, 2), (-2, 2)],
    "negative": [(-2, 2)], "positive": [(-2, 2)], "alias": [(-2, 2)], "square": [(-2, 2)], "reciprocal": [(0.5, 2)],
    "exp": [(-2, 2)], "expm1": [(-2, 2)], "log": [(0.5, 2)], "log1p": [(-0.5, 2)], "sqrt": [(0.5, 2)],
    "sin": [(-4, 4)], "cos": [(-4, 4)], "tan": [(-1, 1)], "arctan": [(-2, 2)],
    "sinh": [(-2, 2)], "cosh": [(-2, 2)], "tanh": [(-2, 2)],
    "absolute": [(0.5, 2)], "sign": [(-2, -0.5)], "heaviside": [(0.5, 2), None], "where": [None, (-2, 2), (-2, 2)],
    "exp2": [(-2, 2)], "log2": [(0.5, 2)], "log10": [(0.5, 2)], "logaddexp2": [(-2, 2), (-2, 2)], "cbrt": [(0.5, 2)],
    "hypot": [(0.5, 2), (-2, 2)], "arcsin": [(-0.8, 0.8)], "arccos": [(-0.8, 0.8)], "arctan2": [(0.5, 2), (-2, 2)],
    "deg2rad": [(-90, 90)], "rad2deg": [(-2, 2)], "radians": [(-90, 90)], "degrees": [(-2, 2)],
    "arcsinh": [(-2, 2)], "arccosh": [(1.5, 3)], "arctanh": [(-0.8, 0.8)], "fabs": [(-2, -0.5)],
    "copysign": [(0.5, 2), (-2, -0.5)], "fmax": [(-2, 2), (-2, 2)], "fmin": [(-2, 2), (-2, 2)],
    "floor": [(0.1, 0.9)], "ceil": [(0.1, 0.9)], "trunc": [(0.1, 0.9)], "rint": [(0.1, 0.4)],
    "floor_divide": [(3.1, 3.9), (1.1, 1.5)], "remainder": [(3.1, 3.9), (1.1, 1.5)], "fmod": [(-3.9, -3.1), (1.1, 1.5)],
    "float_power": [(0.5, 2), (-2, 2)], "sinc": [(-2, 2)],
    "sigmoid": [(-4, 4)], "softplus": [(-4, 4)], "relu": [(0.5, 2)],
    "leaky_relu": [(-2, -0.5), (0.1, 0.3)], "elu": [(-2, -0.5), (0.5, 1.5)], "erf": [(-2, 2)], "normal_cdf": [(-2, 2)],
    "normal": [(-2, 2), (0.5, 2), (-2, 2)], "laplace": [(-2, 2), (0.5, 2), (-2, 2)], "exponential": [(0.5, 2), (0, 2)],
    "gumbel": [(-2, 2), (0.5, 2), (-2, 2)], "uniform": [(-2, -1), (0.5, 2), (0, 1)],
    # of SciPy
    "expit": [(-4, 4)], "logit": [(0.1, 0.9)], "log_expit": [(-4, 4)], "exprel": [(-2, 2)],
    "boxcox": [(0.5, 2), (-1, 1)], "erfc": [(-2, 2)], "erfinv": [(-0.8, 0.8)], "ndtr": [(-2, 2)],
    "log_ndtr": [(-4, 2)], "ndtri": [(0.1, 0.9)], "polygamma": [None, (1, 3)], "psi": [(0.5, 3)], "gamma": [(0.5, 3)],
    "gammaln": [(-0.8, -0.2)], "loggamma": [(0.5, 3)], "beta": [(0.5, 2), (0.5, 2)], "betaln": [(0.5, 2), (0.5, 2)],
    "gammainc": [None, (0.5, 3)], "betainc": [None, None, (0.1, 0.9)], "xlogy": [(-2, 2), (0.5, 2)],
    "xlog1py": [(-2, 2), (-0.5, 2)], "entr": [(0.5, 2)], "rel_entr": [(0.5, 2), (0.5, 2)],
    "kl_div": [(0.5, 2), (0.5, 2)], "iv": [None, (0.5, 3)], "ive": [None, (-3, -0.5)], "jv": [None, (0.5, 3)],
    "yv": [None, (1, 3)], "i0": [(-2, 2)], "i1": [(-2, 2)], "i0e": [(0.5, 2)], "i1e": [(-2, -0.5)], "j0": [(-2, 2)],
    "j1": [(-2, 2)], "y0": [(1, 3)], "y1": [(1, 3)],
}  # fmt: skip
# The operand without a derivative, where it is no condition.
CONSTANTS = {"heaviside": 0.5, "polygamma": 2, "gammainc": 1.5, "betainc": 2.5, "iv": 1.5, "ive": 2, "jv": 2, "yv": 1}
SHAPES = {
    1: [[()], [(3,)], [(2, 3)], [(0,)]],
    2: [[(), ()], [(3,), (3,)], [(2, 3), (3,)], [(2, 1), (1, 3)], [(), (2, 3)], [(1,), ()]],
    3: [[(), (), ()], [(3,), (3,), (3,)], [(3,), (), (2, 3)], [(2, 1), (1, 3), (3,)]],
}
# Operations that give or take complex numbers: test_complex.py.
COMPLEX = {"fft", "ifft", "rfft", "irfft", "real", "imag"}
# What the others are called with: shapes of the operands, and options.
CALLS = {
    "conjugate": [([(3,)], {}), ([()], {})],
    "sum": [([(3,)], {}), ([()], {}), ([(2, 3)], {"axis": -1}), ([(2, 3, 2)], {"axis": (0, -1)}),
            ([(2, 3)], {"axis": 0, "keepdims": True}), ([(2, 3)], {"keepdims": True}), ([(2, 3)], {"axis": ()})],
    "mean": [([(3,)], {}), ([()], {}), ([(2, 3)], {"axis": -1}), ([(2, 3, 2)], {"axis": (0, -1)}),
             ([(2, 3)], {"axis": 0, "keepdims": True}), ([(2, 3)], {"axis": np.int64(1)})],
    "reshape": [
        ([(2, 3)], {"shape": (3, 2)}), ([(6,)], {"shape": (2, -1)}), ([()], {"shape": (1, 1)}),
        ([(2, 3)], {"shape": (3, 2), "order": "F"}), ([(2, 3, 2)], {"shape": (4, 3), "order": "F"}),
    ],
    "ravel": [([(2, 3)], {}), ([()], {}), ([(2, 3)], {"order": "F"})],
    "expand_dims": [([(3,)], {"axis": 0}), ([(3,)], {"axis": -1}), ([(2, 3)], {"axis": (0, 2)})],
    "squeeze": [([(1, 3)], {}), ([(1, 3, 1)], {"axis": -1})],
    "broadcast_to": [([(3,)], {"shape": (2, 3)}), ([(2, 1)], {"shape": (4, 2, 3)}), ([()], {"shape": (2,)})],
    "swapaxes": [([(2, 3, 4)], {"axis1": 0, "axis2": -1})],
    "transpose": [([(2, 3)], {}), ([(2, 3, 4)], {"axes": (1, 2, 0)}), ([(3, 3, 3)], {"axes": (-1, 0, 1)}), ([()], {})],
    "stack": [([(), ()], {}), ([(3,), (3,)], {"axis": -1}), ([(2, 2), (2, 2), (2, 2)], {"axis": 1})],
    "concatenate": [([(2,), (3,)], {}), ([(2, 1), (2, 3)], {"axis": -1})],
    "index": [([(4,)], {"index": 2}), ([(4,)], {"index": slice(None, None, -2)}), ([(4,)], {"index": [1, 1, 3]}),
              ([(2, 3)], {"index": (slice(None), None, [0, 0])}), ([(3,)], {"index": np.array([True, False, True])}),
              ([(2, 3)], {"index": (..., -1)}), ([(2, 3)], {"index": ([0, 1, 1], [2, 0, 0])})],
    "scatter": [([()], {"shape": (3,), "index": 1}), ([(3,)], {"shape": (2,), "index": [0, 1, 1]})],
    "cumsum": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": -1}), ([(2, 3)], {"axis": 0})],
    "max": [([(4,)], {}), ([(2, 3)], {"axis": 0}), ([(2, 3)], {"axis": -1, "keepdims": True}),
            ([(2, 3)], {"axis": (0, 1)})],
    "min": [([(4,)], {}), ([(2, 3)], {"axis": 1})],
    "prod": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": 0}), ([(2, 3)], {"axis": -1, "keepdims": True}),
             ([()], {})],
    "nanmax": [([(4,)], {}), ([(2, 3)], {"axis": 0, "keepdims": True}), ([(2, 3)], {"axis": (0, -1)})],
    "nanmin": [([(4,)], {}), ([(2, 3)], {"axis": -1})],
    "cumprod": [([(4,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": 0}), ([(2, 3)], {"axis": -1}), ([()], {}),
                ([(0,)], {}), ([(2, 0)], {"axis": 0})],
    "convolve": [([(4,), (2,)], {}), ([(2,), (3,)], {}), ([(1,), (1,)], {})],
    "diag": [([(3,)], {}), ([(3,)], {"k": -1}), ([(2, 3)], {"k": 1}), ([(0,)], {})],
    "diagflat": [([(3,)], {"k": 1}), ([(2, 2)], {}), ([()], {})],
    "diagonal": [([(2, 3)], {"offset": 1}), ([(2, 3, 2)], {"axis1": -1, "axis2": 0}), ([(3, 3)], {"offset": -5})],
    "repeat": [([(2, 3)], {"repeats": 2}), ([(2, 3)], {"repeats": [1, 0, 2], "axis": -1}), ([()], {"repeats": 3}),
               ([(2,)], {"repeats": 0})],
    "tile": [([(3,)], {"reps": (2, 2)}), ([(2, 3)], {"reps": 2}), ([()], {"reps": 2}), ([(2,)], {"reps": 0})],
    "rot90": [([(2, 3)], {}), ([(2, 3, 4)], {"k": -1, "axes": (-1, 0)})],
    "rollaxis": [([(2, 3, 4)], {"axis": -1}), ([(2, 3, 4)], {"axis": 0, "start": 2})],
    "resize": [([(2, 3)], {"new_shape": (3, 3)}), ([(3,)], {"new_shape": 2}), ([(0,)], {"new_shape": (2,)})],
    "delete": [([(2, 3)], {"obj": 1}), ([(2, 3)], {"obj": [0, -1], "axis": 1}), ([(4,)], {"obj": slice(1, 3)})],
    "tril": [([(3, 3)], {"k": -1}), ([(2, 2, 3)], {}), ([(0, 2)], {})],
    "triu": [([(3, 3)], {"k": 1}), ([(2, 2, 3)], {}), ([(3,)], {})],
    "pad": [([(3,)], {"pad_width": 2}), ([(2, 3)], {"pad_width": ((1, 0), (0, 2)), "mode": "edge"}),
            ([(2, 3)], {"pad_width": 1, "mode": "reflect"}), ([(3,)], {"pad_width": 5, "mode": "symmetric"}),
            ([(2, 2)], {"pad_width": (1, 4), "mode": "wrap"})],
    "flip": [([(3,)], {}), ([(2, 3)], {"axis": 1})],
    "roll": [([(5,)], {"shift": 2}), ([(2, 3)], {"shift": (1, -1), "axis": (0, 1)}), ([(2, 3)], {"shift": 1})],
    "inv": [([(3, 3)], {}), ([(2, 2, 2)], {})], "det": [([(3, 3)], {}), ([(2, 3, 3)], {})],
    "logabsdet": [([(3, 3)], {}), ([(2, 3, 3)], {})], "cholesky": [([(3, 3)], {}), ([(2, 2, 2)], {})],
    "solve": [([(3, 3), (3, 2)], {}), ([(2, 3, 3), (3, 1)], {})],
    "softmax": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": 0}), ([(2, 3)], {"axis": None}),
                ([(2, 3, 2)], {"axis": (0, -1)}), ([()], {}), ([(0,)], {})],
    "log_softmax": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": 0}), ([(2, 3)], {"axis": None}), ([()], {}),
                    ([(2, 3, 2)], {"axis": (0, -1)}), ([(0,)], {})],
    "logsumexp": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": -1}), ([(2, 3)], {"axis": 0, "keepdims": True}),
                  ([(2, 3)], {"keepdims": True}), ([(2, 3, 2)], {"axis": (0, -1)}), ([()], {}),
                  ([(2, 0)], {"axis": 0})],
    "cross_entropy": [([(3,), (3,)], {}), ([(2, 3), (2, 3)], {}), ([(2, 2, 3), (2, 2, 3)], {"axis": 2})],
    "layer_norm": [([(3,)], {}), ([(2, 3)], {}), ([(2, 3)], {"axis": 0, "eps": 0.1}), ([(2, 3)], {"axis": None}),
                   ([(2, 3, 2)], {"axis": (0, -1)}), ([(0,)], {"axis": ()}), ([(2, 1)], {})],
    "eigh": [([(3, 3)], {}), ([(2, 2, 2)], {"UPLO": "U"}), ([(0, 0)], {})],
    "eigvalsh": [([(3, 3)], {}), ([(2, 2, 2)], {"UPLO": "U"}), ([(0, 0)], {})],
    "eig": [([(3, 3)], {}), ([(2, 2, 2)], {}), ([(0, 0)], {})],
    "eigvals": [([(3, 3)], {}), ([(2, 2, 2)], {}), ([(0, 0)], {})],
    "svd": [([(3, 3)], {}), ([(3, 2)], {}), ([(2, 3)], {}), ([(2, 3, 2)], {}), ([(0, 2)], {})],
    "svdvals": [([(3, 3)], {}), ([(3, 2)], {}), ([(2, 2, 3)], {}), ([(0, 2)], {})],
    "qr": [([(3, 3)], {}), ([(3, 2)], {}), ([(2, 3, 2)], {})],
    "pinv": [([(3, 3)], {}), ([(3, 2)], {"rcond": 1e-9}), ([(2, 3)], {"rtol": 1e-9}), ([(2, 3, 2)], {})],
    "lstsq": [([(4, 2), (4, 2)], {}), ([(2, 3), (2, 1)], {"rcond": 1e-9}), ([(3, 3), (3, 2)], {"rcond": -1.0})],
    "norm": [([(3,)], {}), ([(2, 3, 2)], {}), ([(2, 3)], {"axis": (1, 0), "keepdims": True}), ([(3,)], {"ord": 1}),
             ([(2, 3)], {"ord": 3, "axis": -1}), ([(3,)], {"ord": -2}), ([(3,)], {"ord": 0.5}), ([(0,)], {}),
             ([(2, 3)], {"ord": 4, "axis": 0, "keepdims": True}), ([(3,)], {"ord": 2.5}), ([()], {}),
             ([(2, 2)], {"ord": "fro"})],
    "einsum": [([(2, 3), (3, 4)], {"subscripts": "ij,jk->ki"}), ([(2, 3), (2, 3)], {"subscripts": "ij,ij->"}),
               ([(5, 2, 3), (3, 5, 2)], {"subscripts": "bij,jbk->kbi"}), ([(3,), (2,)], {"subscripts": "i,j->ij"}),
               ([(), (3,)], {"subscripts": ",i->i"}), ([(2, 0), (0, 3)], {"subscripts": "ij,jk->ik"}),
               ([(2, 3), (2,)], {"subscripts": "ij,i->ij"}), ([(), ()], {"subscripts": ",->"})],
    "vecdot": [([(3,), (3,)], {}), ([(4, 1, 3), (2, 3)], {}), ([(2, 0), (0,)], {})],
    "matvec": [([(2, 3), (3,)], {}), ([(4, 1, 2, 3), (2, 3)], {}), ([(2, 3), (4, 3)], {})],
    "vecmat": [([(2,), (2, 3)], {}), ([(4, 1, 2), (2, 2, 3)], {}), ([(4, 2), (2, 3)], {})],
    "matmul": [([(3,), (3,)], {}), ([(2, 3), (3,)], {}), ([(2,), (2, 3)], {}), ([(2, 3), (3, 4)], {}),
               ([(4, 2, 3), (3, 2)], {}), ([(3,), (4, 3, 2)], {}), ([(4, 2, 3), (3,)], {}),
               ([(1, 2, 3), (4, 3, 2)], {})],
}  # fmt: skip
# What makes an operand one that the operation accepts.
PREPARED = {
    "cross_entropy": softmax,  # targets are probabilities
    "cholesky": lambda a: a @ np.swapaxes(a, -1, -2) + 3.0 * np.eye(np.shape(a)[-1]),
    "eig": lambda a: 0.2 * a + np.diag(np.arange(np.shape(a)[-1])),
    "eigvals": lambda a: 0.2 * a + np.diag(np.arange(np.shape(a)[-1])),
}  # fmt: skip
ROWS = sorted({p.name: p for p in PRIMITIVES.values()}.items())
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.7, 1e-300, 5e-324, 1000.0, -1000.0, 1e308, -1e308, np.inf, -np.inf, np.nan]


def accepted(primitive):
    """The positions of all operands but those, such as the order of a Bessel function, that refuse a derivative."""
    intervals = zip(DOMAINS[primitive.name], primitive.partials, strict=True)
    return [k for k, (interval, partial) in enumerate(intervals) if interval or partial is None]


def elementwise_cases(name):
    """Operands for every combination of shapes; the positions to differentiate at."""
    domain = DOMAINS[name]
    rng = np.random.default_rng(len(name))
    moving = [k for k, interval in enumerate(domain) if interval]
    for shapes in SHAPES[len(domain)]:
        operands = [
            rng.random(shape) * (interval[1] - interval[0]) + interval[0]
            if interval
            else np.asarray(CONSTANTS.get(name, rng.random(shape) > 0.5))
            for shape, interval in zip(shapes, domain, strict=True)
        ]
        yield [a if np.ndim(a) else np.asarray(a).item() for a in operands], {}, moving


def other_cases(name):
    rng = np.random.default_rng(len(name))
    for shapes, options in CALLS[name]:
        yield (
            [rng.standard_normal(s) if s else float(rng.standard_normal()) for s in shapes],
            options,
            range(len(shapes)),
        )


def cases():
    for name, primitive in ROWS:
        known = elementwise_cases if name in DOMAINS else other_cases
        for operands, options, moving in known(name) if name in DOMAINS or name in CALLS else ():
            shapes = " ".join(str(np.shape(a)) for a in operands)
            yield pytest.param(primitive, operands, options, moving, id=f"{name} {shapes} {options or ''}")


@pytest.mark.parametrize(("name", "primitive"), ROWS)
def test_every_row_has_samples_and_a_formula(name, primitive):
    tested = DOMAINS if isinstance(primitive, Elementwise) else CALLS
    assert name in tested or name in COMPLEX, f"{name} is not tested: add a sample"
    assert primitive.tex or name in ("stack", "concatenate"), f"{name} has no formula"


def test_the_name_tells_the_rule_except_for_log_which_is_guarded_at_zero():
    names = [p.name for p in set(PRIMITIVES.values())]  # scipy.special.log1p and np.log1p share theirs
    assert {n for n in names if names.count(n) > 1} == {"log", "max", "min"}
    for primitive in (p for p in PRIMITIVES.values() if p.name == "log"):
        check_grads(primitive, 0.7)
        check_grads(primitive, np.array([0.7, 1.3]))


@pytest.mark.parametrize(("primitive", "operands", "options", "moving"), list(cases()))
def test_derivatives_agree_with_finite_differences_to_second_order(primitive, operands, options, moving):
    def f(*chosen):
        given = list(operands)
        for position, value in zip(moving, chosen, strict=True):
            given[position] = value
        prepare = PREPARED.get(primitive.name)
        return primitive(*(map(prepare, given) if prepare else given), **options)

    check_grads(f, *(operands[k] for k in moving), order=2)


@pytest.mark.parametrize(("primitive", "operands", "options", "moving"), list(cases()))
def test_adjoints_are_shaped_as_operands_and_tangents_as_results(primitive, operands, options, moving):
    operands = [PREPARED.get(primitive.name, lambda a: a)(operand) for operand in operands]
    y = primitive.function(*operands, **options)
    y = y if np.ndim(y) else float(y)
    for position in moving if not isinstance(primitive, Elementwise) else accepted(primitive):
        g = np.ones(np.shape(y)) if np.ndim(y) else 1.0
        assert np.shape(primitive.pull(position, g, y, operands, options)) == np.shape(operands[position])
        tangents = [None] * len(operands)
        tangents[position] = np.ones(np.shape(operands[position])) if np.ndim(operands[position]) else 1.0
        assert np.shape(primitive.push(tangents, y, operands, options)) == np.shape(y)


@pytest.mark.parametrize("name", [n for n, p in ROWS if isinstance(p, Elementwise) and n != "where"])
def test_python_floats_and_arrays_agree_even_at_the_edges(name):
    primitive = dict(ROWS)[name]
    with np.errstate(all="ignore"):
        for point in itertools.product(EDGES, repeat=len(DOMAINS[name])):
            arrays = [np.array([v]) for v in point]
            expected = primitive.function(*arrays)
            value = primitive(*point)
            np.testing.assert_allclose(value, expected[0], rtol=1e-13, err_msg=f"{name}{point}")
            for k in accepted(primitive):
                there = np.broadcast_to(primitive.partial(k, expected, arrays), (1,))[0]
                here = primitive.partial(k, float(expected[0]), point)
                np.testing.assert_allclose(here, there, rtol=1e-13, err_msg=f"partial {k} of {name}{point}")
