"""Settings refuse what they cannot be, and say what there is; whole numbers of NumPy are numbers too."""

import numpy as np
import pytest
import traitlets

from chainviz import InputError
from chainviz.widgets.settings import Choice, Number, Switch, Whole


class Settings(traitlets.HasTraits):
    colour = Choice(("red", "blue"), "red")
    count = Whole(1, 9, 3)
    size = Number(0.5, 2.0, 1.0)
    on = Switch()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("colour", "green", "colour is one of 'red', 'blue', but it was set to 'green'"),
        ("count", 10, "count is a whole number from 1 to 9, but it was set to 10"),
        ("count", True, "count is a whole number"),
        ("size", float("nan"), "size is a number from 0.5 to 2.0, but it was set to nan"),
        ("size", "1", "size is a number"),
        ("on", 1, "on is True or False, but it was set to 1"),
    ],
)
def test_what_is_refused_is_named_with_what_there_is(name, value, says):
    settings = Settings()
    with pytest.raises(InputError, match=says):
        setattr(settings, name, value)
    assert getattr(settings, name) == getattr(Settings(), name)


def test_numbers_of_numpy_are_taken_as_those_of_python():
    settings = Settings(count=np.int64(5), size=np.float32(1.5), on=np.bool_(True))
    assert [(type(v), v) for v in (settings.count, settings.size, settings.on)] == [
        (int, 5),
        (float, 1.5),
        (bool, True),
    ]
