"""The picture of a training where no widget lives: its boundary, its points and its loss, without matplotlib."""

import re
import subprocess
import sys

import numpy as np
import pytest

from chainviz.lessons import gradient_flow
from chainviz.lessons.flow_figure import still, zero_line


def test_the_zero_line_of_a_paraboloid_is_a_circle():
    x, y = np.meshgrid(np.arange(41.0), np.arange(41.0))
    found = np.array(zero_line((x - 20) ** 2 + (y - 18) ** 2 - 12.3**2))
    assert np.hypot(found[..., 0] - 20, found[..., 1] - 18) == pytest.approx(np.full(found.shape[:2], 12.3), abs=0.02)
    assert np.linalg.norm(found[:, 0] - found[:, 1], axis=1).sum() == pytest.approx(2 * np.pi * 12.3, rel=1e-3)


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_where_no_sign_changes_there_is_no_line(value):
    assert zero_line(np.full((3, 3), value)) == []


def test_in_a_saddle_two_lines_pass_each_other():
    assert len(zero_line(np.array([[1.0, -1.0], [-1.0, 1.0]]))) == 2


@pytest.mark.parametrize(
    "settings", [{"unlit": "activation derivative"}, {"hidden": (3, 2)}, {"points": "drawn by hand"}]
)
def test_every_training_has_a_picture(settings):
    lab = gradient_flow(**settings)
    lab.train(30)
    made = still(lab.training, lab.layer, lab.point)
    assert re.search(r'aria-label="\d+ points and the decision boundary', made)
    assert "nan" not in made.lower()
    assert ("dashed: all lamps on" in made) == ("unlit" in settings)
    lab.close()


def test_each_point_is_drawn_once_as_an_outline():
    lab = gradient_flow()
    outlines = re.findall(r'<path d="([^"]*)"[^>]*stroke-width="6"', still(lab.training, 1, 0))
    assert sum(d.count("M") for d in outlines) == len(lab.training.points[1])
    lab.close()


def test_a_training_that_diverges_is_drawn_as_far_as_it_has_numbers():
    lab = gradient_flow(step_size=100.0, activation="relu", hidden=(16, 16))
    lab.train(60)
    assert "<svg" in still(lab.training, 1, 0)
    lab.close()


def test_matplotlib_is_not_loaded_for_it():
    code = "import sys; from chainviz.lessons import gradient_flow; gradient_flow()._repr_mimebundle_()"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{code}; print('matplotlib' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "False"
