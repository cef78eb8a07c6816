"""LaTeX as MathML for the page. Whatever a user's own formula holds, only elements of MathML come out of it."""

import re
from functools import lru_cache
from xml.etree import ElementTree

MARKS = "[\U00040000-\U000dffff\U00100000-\U0010fffd]"
"""Characters that stand for a part to be filled in: a node, or its number. Unicode has given none of them a meaning."""

_OPERATOR = 0xE000  # stands for the name of a function that LaTeX does not know
_THIN = '<mspace width="0.17em"></mspace>'
_ELEMENTS = {
    "math", "mrow", "mi", "mo", "mn", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose",
}  # fmt: skip
_ATTRIBUTES = {
    "display", "displaystyle", "scriptlevel", "mathvariant", "mathcolor", "mathsize", "stretchy", "fence", "form",
    "separator", "accent", "lspace", "rspace", "minsize", "maxsize", "movablelimits", "linethickness", "width",
    "height", "depth", "columnalign", "columnspacing", "columnlines", "rowspacing", "rowlines", "notation",
}  # fmt: skip


@lru_cache(maxsize=4096)
def converted(tex: str) -> str:
    r"""LaTeX to the content of a <math> element; marks become bare characters in place of whole elements.

    What cannot be set, or would be more than mathematics in the page, becomes bare text.

    >>> converted("x^2")
    '<mrow><msup><mi>x</mi><mn>2</mn></msup></mrow>'
    >>> converted(r"\text{<img src=x>}")
    '<mtext>\\text{img src=x}</mtext>'
    """
    from latex2mathml.converter import convert  # on first use: a function of arrays needs none

    given, operators = tex, re.findall(r"\\operatorname\{(\w+)\}", tex)  # it would set each letter by itself
    for k, operator in enumerate(operators):
        tex = tex.replace(rf"\operatorname{{{operator}}}", chr(_OPERATOR + k), 1)
    try:
        markup: str = convert(tex)
    except Exception:  # noqa: BLE001 (a formula that cannot be set must not cost the picture)
        return _bare(given)
    if not _is_mathematics(markup):
        return _bare(given)
    for k, operator in enumerate(operators):
        markup = re.sub(rf"<m[io]>{chr(_OPERATOR + k)}</m[io]>", f"<mi>{operator}</mi>", markup)
    inner = re.sub(r"^<math[^>]*>|</math>$", "", markup)
    if "<mfrac" not in inner:  # brackets grow only round what is tall
        inner = re.sub(r'stretchy="true" fence="true" form="\w+"', 'stretchy="false"', inner)
    inner = re.sub(r"(?<!<msub>)(<mi>[A-Za-z]{2,}</mi>)(?!<mrow><mo|<mo)", rf"\1{_THIN}", inner)  # sin x, not sin(x)
    return re.sub(rf"<m[ion]>({MARKS})</m[ion]>", r"\1", inner)


def _bare(tex: str) -> str:
    return f"<mtext>{re.sub(r'[^ -~]|[<>&]', '', tex)}</mtext>"


def _is_mathematics(markup: str) -> bool:
    """Whether it is well-formed and has no element or attribute that a browser would do more with than set it."""
    try:
        elements = list(ElementTree.fromstring(markup).iter())
    except ElementTree.ParseError:
        return False
    tags = {element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}") for element in elements}
    return tags <= _ELEMENTS and all(element.attrib.keys() <= _ATTRIBUTES for element in elements)
