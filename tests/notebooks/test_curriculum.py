"""The curriculum's checked numbers stand in the outputs of the notebooks that teach them, which nbval runs again."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SHOWN = {
    "a central example, y = (2x + 1)²": ("00", "12.0"),
    "a number for sin((2x + 1)²) at 1.5": ("01", "-15.3226"),
    "sin((2x + 1)²) at 1/2 [72]": ("01", "-5.229149"),
    "sin x² at 1.5 [76]": ("01", "0.7781, -1.8845"),
    "the derivative of sin x² from the engine itself [78, 80]": ("01", "-1.884521"),
    "e^(ln x²) at 3 [60]": ("01", "6.000000"),
    "sin³ x at 2 [59]": ("01", "-1.032238"),
    "(3x² + 1)⁵ at 1/4 [106]": ("01", "14.914055"),
    "one neuron, three gradients [109, 121]": ("06", "0.143735, -0.143735, -0.28747"),
    "two layers, all gradients [49-52, 71, 101, 122]": ("06", "-0.049744, -0.066303, -0.019877, -0.009939, -0.004969"),
    "without σ′(z₁), the most dangerous mistake [98]": ("06", "W1=-0.1061"),
    "σ′, tanh′, softplus′, ReLU′ and leaky ReLU′ at 1 [56, 74, 105, 117-119]": (
        "06",
        "0.196612 0.419974 0.731059 1.000000 1.000000",
    ),
    "σ′ is at most 1/4, and ReLU′ at its kink 0 [74, D10]": ("06", "0.250000 1.000000 0.500000 0.000000 0.010000"),
    "a linear output [73]": ("06", "0.019958, -0.059896, -0.149896"),
    "the shape of an outer product, where the lesson's program raised [75]": ("06", "(1, 3)"),
    "gradient descent, with and without a factor [52, 85]": ("06", "with all lamps on=0.03305"),
    "a network of one's own [52]": ("06", "network=2-8-1, optimiser="),
    "each edge once, against 2⁴⁰ paths [4, 34-37]": ("07", "(120, 1099511627776)"),
    "passes through layers: 20 or 210 [27, 37, 38]": ("07", "passes=20 or 210 or 102,400"),
    "contributions add up to 7 [36]": ("07", "(7.0, 1.0, 7.0)"),
    "the error at the best step [77, 78]": ("07", "cube root of epsilon: 6.06e-06"),
    "the gradient as a product of Jacobians [2, 26, 54, 81]": (
        "07",
        "(array([-0.04004 , 0.146812]), array([-0.04004 ,",
    ),
    "the network 4-8-4-1 [53, 79]": ("07", "{'W1': 0.009629, 'W2': 0.025405, 'W3': 0.08119}"),
    "a hundred factors, and one that is 0 [5]": ("10", "6.223015277861142e-61, 0.0)"),
    "ten sigmoid layers [55, 104]": ("10", "9.5367431640625e-07"),
    "the weights matter as well [D7, 104]": ("10", "[9.5367431640625e-07, 1024.0]"),
    "sigmoid against ReLU [102, 123]": ("10", "activation=relu, initialisation=he, reaches layer 1=0.1979"),
    "1.25¹⁰ explodes [55]": ("10", "9.313225746154785"),
    "frozen layers save adjoints [83]": ("10", "(39, 49)"),
    "dz/dmu and dz/dsigma at one sample [82]": ("11", "[-0.2 ,  0.06]"),
    "the pathwise estimator's exact variance [82]": ("11", "variance pathwise=16"),
    "the score function's exact variance [82]": ("11", "63.515625"),
}


def printed(number: str) -> str:
    """All text that the notebook's cells gave, on one line."""
    (path,) = NOTEBOOKS.glob(f"{number}-*.ipynb")
    outputs = [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("item", SHOWN)
def test_the_number_is_shown_and_run_again(item):
    notebook, number = SHOWN[item]
    assert " ".join(number.split()) in printed(notebook)
