"""Share codes: what comes out is what went in; nothing in them reaches Python; a hostile one is refused in words."""

import base64
import copy
import json
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainviz as cv
from chainviz.widgets import sharecode
from chainviz.widgets.sharecode import decode, encode


def named(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def branching(w, x):
    z = w * x + 1
    return np.where(z > 0, z**2, -z) * cv.sigmoid(x) + (1 if x * 2 < 5 else 3)


def layer(W, x, b):
    h = np.tanh(W @ x + b)
    return np.sum(h**2) + np.mean(h.T, axis=0)


def attention(Q, K, x):
    with cv.scope("attention"):
        weights = cv.softmax(np.einsum("ij,kj->ik", Q, K), axis=1)
        z = cv.layer_norm(weights @ np.concatenate([x[::-1], x[[0, 0]]])[1:3])
    picked = np.where(z > 0, z**2, cv.stop_gradient(z) * z)
    return np.sum(picked, axis=-1, keepdims=True)[0] + np.linalg.norm(Q) + np.pad(x, (1, 0), mode="edge")[..., 0]


ARRAYS = {"W": np.array([[0.5, -1.0], [1.0, 2.0]]), "x": np.array([1.0, -0.5]), "b": (-1.0, 1.0)}
EXPLORERS = {
    "formula": lambda: cv.explore("z = 2x + 1; sin(z^2)", x=(-2.0, 2.0)),
    "named": lambda: cv.explore(named, x=(-2.0, 2.0, 0.5)),
    "branching": lambda: cv.explore(branching, w=2.0, x=(0.0, 2.0), frozen="w", locked="w"),
    "layer": lambda: cv.explore(layer, **ARRAYS, detail="full", controls="steps", size="projector"),
    "attention": lambda: cv.explore(attention, Q=ARRAYS["W"], K=np.eye(2), x=ARRAYS["x"]),
    "clip": lambda: cv.explore(lambda x: np.clip(x, -1.0, 1.0) ** 2 + cv.relu(x) - abs(x), x=(-2.0, 2.0)),
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_comes_back_as_it_was(name):
    before = EXPLORERS[name]()
    before.values = {each: value for each, value in before.values.items() if each != "x"} | (
        {"x": [0.25, 1.5]} if name in ("layer", "attention") else {"x": 0.75}
    )
    before.step = 4
    after = cv.from_code(before.share())
    assert repr(after) == repr(before)
    for trait in ("step", "values", "inputs", "detail", "controls", "size", "foldable"):
        assert getattr(after, trait) == getattr(before, trait), trait
    assert [node.name for node in after.graph.full.nodes] == [node.name for node in before.graph.full.nodes]
    assert bytes(after.frame)[8:] == bytes(before.frame)[8:]
    assert after.graph.to_source() == before.graph.to_source()
    assert after.share() == before.share()


def test_a_formulas_code_holds_the_formula_and_its_cards_point_into_it():
    after = cv.from_code(cv.explore("z = 2x + 1; sin(z^2)", x=(-2.0, 2.0)).share())
    assert after.scene["listings"][0][2] == ("z = 2x + 1; sin(z^2)",)
    assert bool(after.tape)


def test_a_recording_says_where_it_no_longer_holds():
    after = cv.from_code(cv.explore(branching, w=2.0, x=(-2.0, 2.0)).share())
    after.values = {"w": 2.0, "x": -1.0}
    assert "another way here than the one that was shared: greater of -1 and 0 was True then" in after.error
    after.values = {"w": 2.0, "x": 1.5}
    assert after.error == ""


def test_the_page_of_an_opened_explorer_holds_where_the_recording_does():
    after = cv.from_code(cv.explore(branching, w=2.0, x=(-2.0, 2.0)).share())
    assert len(after.tape["guards"]) == 2


@pytest.mark.parametrize(
    ("function", "inputs", "says"),
    [
        (lambda x: np.sort(x)[0], {"x": np.ones(2)}, "asks sort of its values"),
        (lambda x: x if x.value > 0 else -x, {"x": 1.0}, "asks .value of its values"),
        (lambda x: cv.checkpoint(np.sin)(x), {"x": 1.0}, r"checkpoint .* is not in the table .* rule of its own"),
        (lambda x: np.sum(np.ones((200, 100)) * x), {"x": 1.0}, "as many entries"),
        (lambda x: cv.name(2 * x, "long" * 20) + 1, {"x": 1.0}, "at most 60 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused(function, inputs, says):
    with pytest.raises(cv.ShareCodeError, match=says):
        cv.explore(function, **inputs).share()


def test_a_rule_of_the_users_own_is_not_taken_for_chainvizs():
    sin = cv.primitive(lambda x: 3 * x, vjp=lambda g, y, x: 3 * g)
    sin.name = "sin"
    with pytest.raises(cv.ShareCodeError, match="not in the table"):
        cv.explore(lambda x: sin(x), x=1.0).share()


def test_a_code_may_be_wrapped_over_lines():
    code = EXPLORERS["named"]().share()
    assert repr(cv.from_code(f"\n {code[:50]}\n  {code[50:]} ")) == repr(EXPLORERS["named"]())


OF_VERSION_1 = {
    "Explorer(x=0, y=0.8415, dy/dx=2.161)": """
        cv1:H16mD3jaFY7RCsMgDEV_Re7TxtzofHTsS0oH0uoQ0liqjmLpvy99CJwcwr3ZESqPJSaG3RHSOldysGjqrcymbur5UjnypX3MFYdG5KWWDNvvYDd7
        udyg8XNUhbtHp7E6_gr3dyPbOWLNcAwaYU3NS08vnItfYI3G5IuLJDkh0eQnCRsTlzVRPl0lEpNjO5tYvnOE4w9v0zdv""",
    "Explorer(w=2, x=1, y=7.58, ∂y/∂w=frozen, ∂y/∂x=10.54)": """
        cv1:bgu1FHjaTZHRcoQgDEX_Jc9pZ7HdbeuvMDwwkrVMERyEdeuO_96g1fVBhpxwk5v4gGv2TbLBQ_2ASE2Ixvq2BNb3OQ1QSxgB4Q4KwQdDhUhg0m
        WXbO9-AaU8KZRCKT5h4pQ2ptBKoVgYoz6MFAt8U1ht0FOrk73Ryjc6flMsKMVMKN-ZnvfcYNsu2KW62OHRyYXZx575N_J5MHJ8LBYvPFjIiYeF-guh
        zTqadcg2kk6LazZ9ej1hcVTKOBoGpoLHPm9YzTM-d_YArzuCetndTbvM94qfQtS-5bt8KdGFP67LewIXmh8yUJdaM-7y-1MujvLiplrVQs2sv8YwkV
        __FodDop47IhhK2jqudA3OcAOEJvgUgxsKy84tS51KLx9ipx3Mf4uNohk""",
    "Explorer(W=[[0.5, -1], [1, 2]], x=[1, -0.5], b=0, y=0.9608, ∂y/∂W=[[0.8497, -0.4248], [0.5, -0.25]], "
    "∂y/∂x=[0.9248, 0.1503], ∂y/∂b=1.35)": """
        cv1:oO-SZ3jaVZDdboMwDIXfxdcuArbuhxfZBcpFSgJFCg4KyYaK8u6z2452F4ni7xw5Pt6gT9TF0RM0GwTb-WBGGqQYaU5xgaaFL0BY-ZxAIZA3Vm
        gLTCYdp-QA27ZU2FZK8S1cGyPwhcv6Bs9Mo6az4NfdN_sfGwQdFdZ_cEmToLfdFYOmZfaLvTkVbqBXGYKSc_lumqwm0T_u-sh6mf_P887lp5K-4FPk
        eNBUJcKQdDCSSeWMj9wbkJ4sNNf839olK7HL4oiHqrjmLUqs-aUy7t71ySv6gf3P-umhlywDRxvEKy1RDtNK8dzQB3-xJFPxSqKdoakRjI16dNyn98
        5YDgWdpxi8W4TxOmR_40V-Ih8m7SD_An-MkOU""",
}


@pytest.mark.parametrize("shown", OF_VERSION_1)
def test_a_code_of_version_1_is_still_read(shown):
    assert repr(cv.from_code(OF_VERSION_1[shown])) == shown


CODE = EXPLORERS["formula"]().share()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", 'begins with "cv2:"'), (3, 'begins with "cv2:"'), ("cv2:", "Copy all"), ("sin(x)", "Copy all"),
        (f"cv3{CODE[3:]}", "version 3"), (f"cv0{CODE[3:]}", "version 0"),
        (CODE[:-4], "damaged"), (f"{CODE}AAAA", "damaged"), ("cv2:AAAA", "damaged"),
        (f"cv2:{'A' * 70_000}", "longer than"), (CODE[:20] + ("A" if CODE[20] != "A" else "B") + CODE[21:], "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_code_is_refused(code, says):
    with pytest.raises(cv.ShareCodeError, match=says):
        cv.from_code(code)


def code_of(plain):
    """A code with a right checksum around any bytes."""
    packed = sharecode._checksum(plain) + zlib.compress(plain, 9)
    return f"cv2:{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def test_a_bomb_is_not_unpacked(monkeypatch):
    unpacked = []
    make = zlib.decompressobj

    class Watched:
        def __init__(self):
            self.inner = make()

        def decompress(self, packed, most):
            plain = self.inner.decompress(packed, most)
            unpacked.append(len(plain))
            return plain

        eof = property(lambda self: self.inner.eof)
        unused_data = property(lambda self: self.inner.unused_data)

    code = code_of(b"0" * 40_000_000)
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(cv.ShareCodeError, match="damaged"):
        cv.from_code(code)
    assert sum(unpacked) <= sharecode.LARGEST


@pytest.mark.parametrize("plain", [b"[" * 200_000, b"1" * 5000, b'{"a":NaN}', b"Infinity", b"\xff\xfe", b"", b"{"])
def test_what_is_no_json_is_damaged(plain):
    with pytest.raises(cv.ShareCodeError):
        cv.from_code(code_of(plain))


DATA = {name: decode(make().share()) for name, make in EXPLORERS.items()}


def recording(*nodes):
    """A function of x whose last node is the output."""
    data = {"inputs": ["x"], "output": len(nodes), "guards": [], "nodes": [["", *node] for node in nodes]}
    return "function", {"recording": data}


def inputs(**changes):
    return "inputs", [{"name": "x", "value": 0, "range": [-1, 1, 0.1]} | changes]


COLUMN, ROW = ({"shape": shape, "entries": [1.0] * 1000} for shape in ([1000, 1], [1, 1000]))
HOSTILE = {
    "class": ("function", {"formula": "().__class__"}),
    "module": ("function", {"recording": {"module": "os"}}),
    "outer product": recording(["multiply", [COLUMN, [0]]], ["matmul", [[1], ROW]], ["sum", [[2]]]),
    "broadcast": recording(["multiply", [COLUMN, [0]]], ["multiply", [ROW, [0]]], ["add", [[1], [2]]], ["sum", [[3]]]),
    "call": recording(["eval", ["1"]]),
    "from later": recording(["sin", [[1]]]),
    "too many operands": recording(["sin", [[0], [0]]]),
    "power of whole numbers": recording(["power", [2**53, 2**53]], ["multiply", [[0], [1]]]),
    "option": recording(["sum", [[0]], {"dtype": "object"}]),
    "keyword": inputs(name="lambda"),
    "another name": inputs(name="frozen"),
    "empty range": inputs(range=[1, -1, 0.1]),
    "no step": inputs(range=[0, 1, 0]),
    "huge": inputs(value=10**400),
    "text": inputs(value="__import__('os')"),
    "step": ("step", -1),
    "detail": ("detail", "<script>"),
    "size": ("size", "x" * 1000),
    "all frozen": ("frozen", ["x"]),
    "part": ("extra", 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_data_are_refused(name):
    part, value = HOSTILE[name]
    with pytest.raises(cv.ShareCodeError):
        cv.from_code(code_of(json.dumps({**DATA["formula"], part: value}).encode()))


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
        st.sampled_from([
            "x", "sin", "matmul", "nan", "formula", "recording", "less", [0], [1], [-1], 2**53, "index", "...", "stack",
            {"slice": [None, None, -1]}, {"list": [0, 1]}, {"axis": 0}, {"shape": [9, 9]}, "tile", "ij,jk->ik",
        ]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


def places(data, way=()):
    """The ways to everything in the data."""
    yield way
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from places(part, (*way, key))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_data_are_an_explorer_or_a_share_code_error(data):
    mutated = copy.deepcopy(DATA[data.draw(st.sampled_from(sorted(DATA)))])
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from([way for way in places(mutated) if way]))
        inner = mutated
        for key in way:
            inner = inner[key]
        if data.draw(st.booleans()):
            inner[last] = data.draw(JSON)
        elif isinstance(inner, dict):
            del inner[last]
        else:
            inner.append(copy.deepcopy(inner[last]))
    refused(code_of(json.dumps(mutated).encode()))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(), st.text("cv12:AB_-=", max_size=40), st.binary(max_size=60).map(code_of), JSON.map(json.dumps))
)
def test_any_text_is_a_share_code_error(text):
    assert refused(text)


@settings(max_examples=100, deadline=None)
@given(st.integers(4, len(CODE) - 1), st.characters())
def test_a_changed_letter_is_noticed(at, letter):
    changed = CODE[:at] + letter + CODE[at + 1 :]
    assert refused(changed) or repr(cv.from_code(changed)) == repr(cv.from_code(CODE))


def refused(code):
    try:
        cv.from_code(code).close()
    except cv.ShareCodeError:
        return True
    return False


def test_what_is_encoded_is_decoded():
    assert decode(encode({"a": [1, 0.1, "é", None]})) == {"a": [1, 0.1, "é", None]}
