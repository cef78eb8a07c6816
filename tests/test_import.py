"""`import chainviz` does not load what few of its users need."""

import subprocess
import sys


def test_what_takes_long_to_import_is_imported_by_those_who_use_it():
    late = {"asyncio", "latex2mathml", "matplotlib", "numpy.random", "pygraphviz", "chainviz.widgets.page"}
    code = "import sys, numpy, ipywidgets; old = {*sys.modules}; import chainviz; print(*{*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {*done.stdout.split()}
    assert "chainviz.widgets.player" in loaded
    assert late.isdisjoint(loaded)
