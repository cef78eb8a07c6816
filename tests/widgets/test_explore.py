"""The explorer without a browser: what it sends, what it says, and that it survives whatever the function does."""

import gc
import json
import weakref
from pathlib import Path

import ipywidgets
import numpy as np
import pytest

import chainviz as cv
from chainviz.widgets import cells, player


def example(x):
    z = 2 * x + 1
    a = z**2
    return np.sin(a)


def logarithm(x):
    z = x - 1
    a = np.log(z)
    return 2 * a


@pytest.fixture
def explorer():
    return cv.explore(example, x=(-2.0, 2.0))


def sent_values(explorer):
    """The nodes' values as the page finds them in the frame."""
    packed = np.frombuffer(explorer.frame)
    assert packed[0] == explorer.scene["version"]
    return [packed[node["value"][0]] for node in explorer.scene["nodes"]]


def test_the_repr_states_input_output_and_derivative(explorer):
    assert repr(explorer) == "Explorer(x=0, y=0.8415, dy/dx=2.161)"


def test_it_starts_with_all_values_and_no_adjoint(explorer):
    assert explorer.step == explorer.scene["turn"] - 1


def test_there_is_no_step_after_the_last(explorer):
    explorer.step = 1_000_000
    assert explorer.step == len(explorer.scene["steps"]) - 1


def test_a_moved_slider_sends_one_frame_and_no_new_drawing(explorer):
    changes = []
    explorer.observe(lambda change: changes.append(change["name"]), ["scene", "frame", "error"])
    explorer.values = {"x": 1.5}
    assert changes == ["frame"]
    assert sent_values(explorer) == pytest.approx([1.5, 4, 16, np.sin(16)])
    assert repr(explorer) == "Explorer(x=1.5, y=-0.2879, dy/dx=-15.32)"


def test_detail_switches_between_the_fold_and_every_operation_at_the_step_that_corresponds(explorer):
    def story():
        kind, *at = explorer.scene["steps"][explorer.step]
        place = explorer.scene["edges"][at[0]] if kind == "edge" else {"target": at[0]}
        return kind, *(explorer.scene["nodes"][place[end]]["label"] for end in ("target", "source") if end in place)

    explorer.values = {"x": 1.5}
    assert (explorer.foldable, explorer.detail, len(explorer.scene["nodes"])) == (True, "folded", 4)
    explorer.step = len(explorer.scene["steps"]) - 2
    assert story() == ("edge", "a", "z")
    explorer.detail = "full"
    assert sent_values(explorer) == pytest.approx([1.5, 3, 4, 16, np.sin(16)])
    assert story() == ("edge", "a", "z")
    explorer.step += 1
    assert story() == ("edge", "z", "v₁")
    explorer.detail = "folded"
    assert story() == ("edge", "z", "x")
    assert repr(explorer) == "Explorer(x=1.5, y=-0.2879, dy/dx=-15.32)"


def test_a_moved_slider_folds_nothing_where_every_operation_is_shown(monkeypatch):
    explorer = cv.explore(example, x=1.5, detail="full")

    def fold(graph):
        raise AssertionError("folded again")

    monkeypatch.setattr(type(explorer.graph), "fold", fold)
    explorer.values = {"x": 0.5}
    assert (explorer.error, explorer.foldable) == ("", True)
    assert sent_values(explorer) == pytest.approx([0.5, 1, 2, 4, np.sin(4)])


def test_detail_can_be_given_is_checked_and_is_offered_only_where_it_makes_a_difference():
    assert len(cv.explore(example, x=1.5, detail="full").graph.nodes) == 5
    assert not cv.explore(lambda x: np.sin(2 * x), x=1.5).foldable
    with pytest.raises(cv.InputError, match=r'detail is "folded" or "full" \(every operation\), but it is \'all\''):
        cv.explore(example, x=1.5, detail="all")
    with pytest.raises(cv.InputError, match="a parameter 'detail' of its own"):
        cv.explore(lambda detail: detail**2, detail=1.5)


def test_a_frame_of_200_nodes_is_small():
    def chain(x):
        for _ in range(100):
            x = np.sin(x) * 1.01
        return x

    assert len(cv.explore(chain, x=(-2.0, 2.0)).frame) < 8_000


def test_a_branch_that_flips_is_recorded_again_and_drawn_anew():
    explorer = cv.explore(lambda x: 2 * x if x > 0 else x**2, x=(-2.0, 2.0))
    explorer.values = {"x": 1.0}
    first = explorer.scene
    explorer.values = {"x": -1.5}
    assert explorer.scene["version"] == first["version"] + 1
    assert explorer.scene["nodes"][1]["caption"] != first["nodes"][1]["caption"]
    assert sent_values(explorer) == [-1.5, 2.25]


def test_where_the_function_fails_the_last_good_picture_stays_and_the_message_names_line_and_value():
    explorer = cv.explore(logarithm, x=(-2.0, 4.0))
    explorer.values = {"x": 2.0}
    good = explorer.frame
    explorer.values = {"x": 0.5}
    assert explorer.frame == good
    assert "no value here: a is NaN" in explorer.error
    assert "a = np.log(z), where z = -0.5" in explorer.error
    explorer.values = {"x": 3.0}
    assert explorer.error == ""
    assert repr(explorer) == "Explorer(x=3, y=1.386, dy/dx=1)"


def test_a_start_where_the_function_has_no_value_waits_for_a_better_one():
    explorer = cv.explore(logarithm, x=(-2.0, 2.0))
    assert explorer.scene == {}
    assert "no value here: a is NaN" in repr(explorer)
    explorer.values = {"x": 2.0}
    assert repr(explorer) == "Explorer(x=2, y=0, dy/dx=2)"


def test_a_branch_not_taken_and_a_passing_infinity_are_no_failure():
    explorer = cv.explore(lambda x: np.where(x > 0, np.log(x), 0.0), x=(-2.0, 2.0))
    assert repr(explorer) == "Explorer(x=0, y=0, dy/dx=0)"
    assert repr(cv.explore(lambda x: np.exp(-1 / x**2), x=(-1.0, 1.0))).startswith("Explorer(x=0, y=0")


@pytest.mark.parametrize("problem", [RuntimeError, AssertionError, np.linalg.LinAlgError])
def test_a_start_at_which_the_function_raises_waits_for_a_better_one(problem):
    def choosy(x):
        if x <= 0:
            raise problem("only positive x")
        return x**2

    explorer = cv.explore(choosy, x=(-2.0, 2.0))
    assert "only positive x" in explorer.error
    explorer.values = {"x": 1.0}
    assert (explorer.error, repr(explorer)) == ("", "Explorer(x=1, y=1, dy/dx=2)")


def test_a_singular_matrix_at_the_start_is_shown():
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    explorer = cv.explore(lambda x: np.sum(np.linalg.inv(x * matrix)), x=(-2.0, 2.0))
    assert "Singular matrix" in explorer.error


def test_inputs_left_out_of_values_keep_what_is_shown():
    explorer = cv.explore(lambda x, y: x * y, x=(-2.0, 2.0), y=(-2.0, 2.0))
    explorer.values = {"x": 1.0, "y": 1.5}
    explorer.values = {"x": -1.0}
    assert explorer.values == {"x": -1.0, "y": 1.5}
    assert repr(explorer) == "Explorer(x=-1, y=1.5, z=-1.5, ∂z/∂x=1.5, ∂z/∂y=-1)"


def test_a_parameter_may_have_any_name():
    assert (
        repr(cv.explore(lambda f, self: f * self, f=2.0, self=3.0)) == "Explorer(f=2, self=3, y=6, ∂y/∂f=3, ∂y/∂self=2)"
    )


def test_the_functions_own_exception_is_shown_and_forgotten():
    def moody(x):
        if x > 1:
            raise RuntimeError("not in the mood")
        return x**2

    explorer = cv.explore(moody, x=(-2.0, 2.0))
    explorer.values = {"x": 1.5}
    assert explorer.error.startswith("RuntimeError: not in the mood. It happened in line")
    assert "where x = 1.5" in explorer.error
    explorer.values = {"x": 0.5}
    assert (explorer.error, repr(explorer)) == ("", "Explorer(x=0.5, y=0.25, dy/dx=1)")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"x": "abc"}, "'abc', which is not a number"),
        ({"x": float("nan")}, "is NaN"),
        ({"q": 1.0}, "There is no input 'q'. The inputs are x."),
        ({"x": [1.0]}, "not a number"),
    ],
)
def test_values_that_cannot_be_are_refused_in_words(explorer, values, says):
    explorer.values = values
    assert says in explorer.error
    assert repr(explorer) == "Explorer(x=0, y=0.8415, dy/dx=2.161)"


def test_arrays_keep_their_shape():
    explorer = cv.explore(lambda x: np.sum(x**2), x=np.array([1.0, 2.0]))
    explorer.values = {"x": [3.0, 4.0]}
    assert repr(explorer) == "Explorer(x=[3, 4], y=25, dy/dx=[6, 8])"
    explorer.values = {"x": [3.0]}
    assert "has shape (1,), but it started with (2,)" in explorer.error


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cv.explore(example), "The input 'x' is missing. Give it a range, such as x=(-2.0, 2.0)."),
        (lambda: cv.explore(example, x=(-2.0, 2.0), y=1.0), "There is no parameter 'y': example takes x."),
        (lambda: cv.explore(example, (-2.0, 2.0), 3.0), "2 inputs were given by position"),
        (lambda: cv.explore(example, (-2.0, 2.0), x=1.0), "given twice"),
        (lambda: cv.explore(1.5, x=1.0), "is not a function"),
        (lambda: cv.explore(np.sin, x=1.0), "Wrap it in a lambda"),
        (lambda: cv.explore(lambda: 1.0), "nothing to explore"),
        (lambda: cv.explore(lambda x, /: x, 1.0), "without a name of their own"),
        (lambda: cv.explore(lambda *xs: xs[0], 1.0), "without a name of their own"),
    ],
)
def test_a_call_that_does_not_fit_is_an_error_at_once(call, says):
    with pytest.raises(cv.InputError) as error:
        call()
    assert says in str(error.value)


def test_a_function_that_cannot_be_recorded_is_an_error_at_once():
    with pytest.raises(cv.UnsupportedOperation, match=r"np\.nanquantile"):
        cv.explore(lambda x: np.nanquantile(x, 0.5), x=np.ones(2))


def test_a_typing_mistake_in_the_function_is_raised_as_it_is():
    with pytest.raises(NameError):
        cv.explore(lambda x: undefined_name + x, x=1.0)  # noqa: F821


def test_what_the_function_prints_is_printed_once(capsys):
    def talkative(x):
        print("called")
        return 2 * x

    cv.explore(talkative, x=(-2.0, 2.0))
    assert capsys.readouterr().out == "called\n"


def test_a_slow_function_is_not_called_more_often_than_needed(patience):
    patience(0.0)
    calls = []

    def slow(x):
        calls.append(x)
        return 2 * x

    cv.explore(slow, x=(-2.0, 2.0))
    assert len(calls) == 2


@pytest.mark.parametrize("output", [True, "text", {}, {1.0}, 1j, None])
def test_an_output_that_is_no_real_number_is_named(output):
    with pytest.raises(cv.NotScalarError, match="The function returned"):
        cv.explore(lambda x: output, x=1.0)


def test_the_output_carries_the_widget_its_numbers_and_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["text/plain"] == repr(explorer)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "0.8415" in data["image/svg+xml"]
    assert 'alt="Explorer(x=0, y=0.8415, dy/dx=2.161)"' in data["text/html"]


def test_script_and_style_stay_under_80_kb():
    folder = Path(player.__file__).parent
    assert (folder / "player.js").stat().st_size < 80_000


def test_the_saved_state_of_a_small_graph_is_small(explorer):
    state = {key: value for key, value in explorer.get_state().items() if key not in ("_esm", "frame", "layout")}
    assert len(json.dumps(state)) < 40_000


def test_running_a_cell_again_closes_what_it_showed_before(monkeypatch):
    run = iter([("cell", 1), ("cell", 1), ("other", 2), ("cell", 3)])
    monkeypatch.setattr(cells, "_running_cell", lambda: next(run))
    first, second, other = (cv.explore(example, x=1.0) for _ in range(3))
    again = cv.explore(example, x=1.0)
    assert [widget.comm is None for widget in (first, second, other, again)] == [True, True, False, False]


def test_a_closed_explorer_is_let_go():
    explorer = cv.explore(example, x=1.0)
    gone = weakref.ref(explorer)
    explorer.close()
    del explorer
    gc.collect()
    assert gone() is None


def test_a_player_shows_a_graph_without_inputs():
    shown = cv.Player(cv.trace(example, x=1.5))
    assert repr(shown) == "Player(x=1.5, y=-0.2879, dy/dx=-15.32)"
    assert shown.inputs == []
    assert isinstance(shown, ipywidgets.DOMWidget)


def test_an_interrupted_recording_leaves_the_explorer_usable():
    stopped = []

    def f(x):
        if stopped:
            raise KeyboardInterrupt
        return np.sin(x) * 2

    explorer = cv.explore(f, x=(-2.0, 2.0))
    before = repr(explorer)
    stopped.append(True)
    with pytest.raises(KeyboardInterrupt):
        explorer.values = {"x": 1.0}
    assert repr(explorer) == before
    assert "interrupted" in explorer.error
    assert explorer.busy == ""
    stopped.clear()
    explorer.values = {"x": 1.5}
    assert repr(explorer) == "Explorer(x=1.5, y=1.995, dy/dx=0.1415)"
    assert explorer.error == ""


def test_a_slow_function_says_what_it_is_doing_while_it_does():
    seen = []

    def f(x):
        seen.append(explorer.busy if explorer else "")
        return np.sin(x)

    explorer = None
    explorer = cv.explore(f, x=(-2.0, 2.0))
    explorer._tapes._seconds = 0.6
    explorer.values = {"x": 1.0}
    assert "Recording the function again" in seen[-1]
    assert explorer.busy == ""
