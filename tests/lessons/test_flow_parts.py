"""The other parts of gradient flow: settings from code and controls, sentences, errors, reprs that state numbers."""

import pytest
from ipywidgets.widgets.widget import _instances as registry

import chainviz as cv
from chainviz.autodiff import InputError
from chainviz.lessons import gradient_flow


@pytest.fixture
def part(request):
    lab = gradient_flow(request.param)
    yield lab
    lab.close()


def hand(**settings):
    return gradient_flow("by hand", **{"network": "two layers", "gradient": "W1", **settings})


@pytest.mark.parametrize(
    ("part", "settings", "message"),
    [
        ("trian", {}, "no part 'trian'. It has 'train', 'by hand'"),
        (["train"], {}, r"no part \['train'\]. It has 'train', 'by hand'"),
        ("cost race", {"depht": 3}, "no setting 'depht'. It has depth, width"),
        ("train", {"depth": 3}, "no setting 'depth'. It has .*points"),
        ("cost race", {"depth": 0}, "depth is a whole number from 1 to 60"),
        ("by hand", {"network": "three layers"}, "network is one of 'one neuron'"),
        ("by hand", {"gradient": "W7"}, "no 'W7' in this network. It has 'w'"),
        ("by hand", {"left_out": "x"}, "no 'x' in this network. It has '', 'a - y'"),
        ("gradient check", {"example": "cos"}, "example is one of 'sin"),
        ("gradient check", {"entry": "W1"}, "no entry 'W1'"),
        ("gradient check", {"step": 2}, "step is a number from 1e-15 to 1"),
        ("gradient check", {"at": {"x": 1.0}}, "needs a function"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_leaves_no_widget(part, settings, message):
    before = len(registry)
    with pytest.raises(InputError, match=message):
        gradient_flow(part, **settings)
    assert len(registry) == before


@pytest.mark.parametrize("part", ["by hand", "gradient check", "cost race"], indirect=True)
def test_where_no_widget_lives_sentence_and_pictures_stand(part):
    still = part._repr_mimebundle_()["text/html"]
    assert part.headline.sentence.split(".")[0].replace("'", "&#x27;") in still
    assert "<svg" in still or "<img" in still
    assert part.headline.error == ""


def test_the_table_keeps_results_back_until_they_are_asked_for():
    lab = hand()
    assert "−0.01988" not in lab._table.value
    lab.results = True
    assert "−0.01988" in lab._table.value
    assert lab.headline.sentence == "∂L/∂W₁ = −0.01988."
    lab.close()


def test_a_factor_left_out_shows_what_comes_out_beside_what_should():
    lab = hand(left_out="s'(z1)", results=True)
    assert lab.headline.sentence == "Without σ′(z₁), ∂L/∂W₁ comes out as −0.1061."
    assert "it should be" in lab._table.value
    lab.gradient = "W2"
    assert lab.headline.sentence == "∂L/∂W₂ has no factor σ′(z₁)."
    lab.close()


def test_a_typed_answer_is_judged_and_an_unreadable_one_leaves_the_lab_alive():
    lab = hand(answer="-0.1061")
    assert lab.headline.sentence == "−0.1061 is what comes out if σ′(z₁) is missing."
    lab.answer = "about 3"
    assert "is no number" in lab.headline.error
    lab.answer = "-0.01988"
    assert (lab.headline.error, lab.headline.strong) == ("", "right")
    lab.close()


def test_the_table_follows_the_graphs_sliders():
    lab = hand(results=True)
    lab.explorer.values = {"x": 1.0}
    x = cv.grad(lambda W1: lab.shown.loss(**{**lab.explorer.values, "W1": W1}))(0.5)
    assert lab._numbers()["dW1"] == pytest.approx(x, rel=1e-12)
    assert f"{x:.5f}".replace("-", "−") in lab._table.value
    lab.close()


def test_another_network_brings_its_own_graph_and_menus():
    lab = hand(left_out="s'(z2)")
    lab.network = "one neuron"
    assert (lab.gradient, lab.left_out) == ("w", "")
    assert repr(lab) == "ByHand(network=one neuron, L=0.2672, w=0.1437, b=-0.1437, x=-0.2875)"
    assert lab.headline.error == ""
    lab.network = "two layers, linear output"
    assert "W1=-0.0599" in repr(lab)
    lab.close()


def test_the_check_speaks_of_the_step_and_of_a_wrong_derivative():
    lab = gradient_flow("gradient check", step=1e-2)
    assert lab.headline.sentence == "At h = 0.01 the central difference agrees in 4 digits."
    lab.spoilt = True
    assert lab.headline.sentence == "The derivative is wrong: about 0.019 remains at every good step."
    lab.close()


def test_pointer_and_keys_move_the_step():
    lab = gradient_flow("gradient check", step=1e-2)
    lab.view._hear({"kind": "key", "key": "ArrowLeft"})
    assert lab.step == pytest.approx(10**-2.25)
    lab.view._hear({"kind": "click", "axes": "error", "x": 3.1e-4, "y": 1.0})
    assert lab.step == pytest.approx(10**-3.5)
    lab.view._hear({"kind": "key", "key": "End"})
    assert lab.step == 1.0
    lab.close()


def test_any_entry_of_any_example_can_be_checked():
    lab = gradient_flow("gradient check")
    lab.example = "network 4-8-4-1"
    assert lab.entry == "x[0]"
    lab.entry = "W3[0, 3]"
    assert lab.headline.error == ""
    assert lab.check.derivative == pytest.approx(lab.gradient()["W3"][0, 3])
    own = gradient_flow("gradient check", function=lambda w, b: (w * b) ** 2, at={"w": 3.0, "b": 2.0}, entry="b")
    assert own.check.derivative == pytest.approx(36.0)
    lab.close()
    own.close()


def test_one_layer_has_nothing_to_repeat_and_more_have():
    lab = gradient_flow("cost race", depth=1)
    assert lab.headline.sentence == "With one layer there is nothing to compute twice."
    lab.depth = 20
    assert lab.headline.sentence == "Each layer anew multiplies 5.57 times as often as one pass back."
    assert "210 passes through a layer instead of 20" in lab.headline.why
    lab.close()
