"""How names are set: the letter, Greek if it has a Greek letter's name, and what follows it as a subscript."""

from __future__ import annotations

import re

LONGEST_LETTER = 2
"""Characters of a name up to which a word after it is its subscript."""


def name_latex(name: str) -> str:
    r"""A name as LaTeX: h₁ is h_{1}, alpha is \alpha, loss is \mathit{loss}."""
    base, index = split_name(name)
    letter = rf"\{base}" if base in _GREEK else _escaped(base) if len(base) == 1 else rf"\mathit{{{_escaped(base)}}}"
    return f"{letter}_{{{_escaped(index)}}}" if index else letter


def name_mathml(name: str) -> str:
    """A name as MathML, safe with any characters in it."""
    base, index = split_name(name)
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
    italic = ' mathvariant="italic"' if len(base) > 1 else ""
    letter = f"<mi{italic}>{_GREEK.get(base, base).translate(escape)}</mi>"
    if not index:
        return letter
    below = f"<mn>{index}</mn>" if index.isdigit() else f"<mi>{index.translate(escape)}</mi>"
    return f"<msub>{letter}{below}</msub>"


def split_name(name: str) -> tuple[str, str]:
    """The letter and the subscript of a name: h₁, h1 and W_out are written with one, learning_rate is not."""
    plain = name.translate(_SUBSCRIPT)
    found = re.fullmatch(r"([^\W\d_]+)_?(\d+|(?<=_)\w+)", plain)
    has_subscript = found and (found[2].isdigit() or len(found[1]) <= LONGEST_LETTER or found[1] in _GREEK)
    return (found[1], found[2]) if found and has_subscript else (plain, "")


def greek(base: str) -> str:
    """The Greek letter of that name, or the name."""
    return _GREEK.get(base, base)


def _escaped(text: str) -> str:
    return re.sub(r"[\\{}$&#^_%~]", lambda m: rf"\{m[0]}" if m[0] not in "\\^~" else " ", text)


_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
