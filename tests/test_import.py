"""`import chainviz` does not load what few of its users need."""

import subprocess
import sys

import pytest


def test_what_takes_long_to_import_is_imported_by_those_who_use_it():
    late = {"asyncio", "latex2mathml", "matplotlib", "numpy.random", "psygnal", "pygraphviz", "chainviz.widgets"}
    code = "import sys, numpy, ipywidgets; old = {*sys.modules}; import chainviz; print(*{*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {*done.stdout.split()}
    assert "chainviz.graph" in loaded
    assert late.isdisjoint(loaded)


def test_the_widgets_are_there_when_they_are_named():
    code = "import chainviz as cv; from chainviz import *; print(explore is cv.explore, *{*cv.__all__} - {*dir(cv)})"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


def test_what_is_not_there_is_an_attribute_error():
    import chainviz

    with pytest.raises(AttributeError, match="module 'chainviz' has no attribute 'exlpore'"):
        _ = chainviz.exlpore  # pyright: ignore
