"""What the code of a notebook says about its outputs: clocks, dice, and what nbval cannot follow. Nothing is run."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module

from IPython.core.inputtransformer2 import TransformerManager

_CLOCKS = {
    *(f"time.{name}" for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")),
    *(f"time.{name}_ns" for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")),
    *(f"time.{name}" for name in ("ctime", "localtime", "gmtime", "strftime", "asctime")),
    *(f"datetime.datetime.{name}" for name in ("now", "today", "utcnow")), "datetime.date.today",
    "timeit.timeit", "timeit.repeat", "timeit.default_timer",
}  # fmt: skip
_MACHINE = {"os.getpid", "os.getcwd", "os.cpu_count", "os.urandom", "uuid.uuid1", "uuid.uuid4", "id"}
_TIMING_MAGICS = {"time", "timeit", "prun", "memit", "mprun"}
_OUTPUT_WIDGETS = {
    *(f"ipywidgets.{name}" for name in ("Output", "interact", "interact_manual", "interactive", "interactive_output")),
    "IPython.display.clear_output", "IPython.display.update_display",
}  # fmt: skip
_GENERATORS = {"numpy.random.default_rng", "numpy.random.RandomState", "random.Random"}
_DICE = {"numpy.random": "np.random.seed(0)", "random": "random.seed(0)"}
_NOT_DICE = {"seed", "default_rng", "RandomState", "Random", "Generator", "SeedSequence", "get_state", "set_state",
             "PCG64", "Philox", "MT19937", "SFC64", "getstate", "setstate"}  # fmt: skip


class Code:
    """Reads the cells of one notebook in their order: an import or a seed holds for the cells after it."""

    def __init__(self) -> None:
        self._meanings: dict[str, str] = {}
        self._seeded: set[str] = set()

    def reasons(self, source: str) -> list[str]:
        """Why outputs of this cell will not be compared, or not be the same; each once.

        >>> Code().reasons("import numpy as np; np.random.rand()")
        ['numpy.random.rand draws without a seed: write np.random.seed(0) before it, or use np.random.default_rng(0)']
        """
        try:
            tree = ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError as error:
            return [f"is not Python that can be read ({error.msg}, line {error.lineno})"]
        self._learn_imports(tree)
        return list(dict.fromkeys(self._found(tree)))

    def _learn_imports(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    self._meanings[name.asname or name.name.partition(".")[0]] = (
                        name.name if name.asname else name.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                self._meanings |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}

    def _found(self, tree: ast.AST) -> Iterator[str]:
        # In the order of the source, so that a seed counts from where it is set.
        nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.Name, ast.Attribute))]
        for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Call):
                yield from self._of_call(node, self._meaning(node.func))
            elif (name := self._meaning(node)) in _OUTPUT_WIDGETS:
                yield f"{name} catches or changes output, which nbval cannot follow: use observers, and show a widget"

    def _of_call(self, call: ast.Call, name: str) -> Iterator[str]:
        if name in _CLOCKS:
            yield f"{name} reads a clock, which says something else in every run"
        elif name in _MACHINE:
            yield f"{name} differs from machine to machine, or from run to run"
        elif name == "IPython.display.display" and any(given.arg == "display_id" for given in call.keywords):
            yield "display(display_id=...) is for changing an output later, which nbval cannot follow"
        elif name in _GENERATORS and not _is_given(call, 0, "seed"):
            yield f"{name}() has no seed: write {name.rpartition('.')[2]}(0)"
        elif name.startswith("chainviz."):
            yield from _unseeded_noise(call, name)
        elif magic := _magic(call):
            if magic in _TIMING_MAGICS:
                yield f"%{magic} prints times, which differ in every run"
        else:
            yield from self._thrown(call, name)

    def _thrown(self, call: ast.Call, name: str) -> Iterator[str]:
        """The dice that are shared by a whole process: of NumPy, and of Python."""
        module, _, function = name.rpartition(".")
        if module not in _DICE:
            return
        if function == "seed" and _is_given(call, 0, "seed"):
            self._seeded.add(module)
        elif function not in _NOT_DICE and module not in self._seeded:
            instead = ", or use np.random.default_rng(0)" if module == "numpy.random" else ""
            yield f"{name} draws without a seed: write {_DICE[module]} before it{instead}"

    def _meaning(self, node: ast.expr) -> str:
        """The full dotted name that an expression refers to, such as numpy.random.rand; "" if it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self._meanings.get(node.id, node.id), *reversed(parts)])


def _magic(call: ast.Call) -> str:
    """The name of the magic that a line was made into, such as time for %time; "" for other calls."""
    made = isinstance(call.func, ast.Attribute) and call.func.attr in ("run_line_magic", "run_cell_magic")
    name = call.args[0] if made and call.args else None
    return str(name.value) if isinstance(name, ast.Constant) else ""


def _unseeded_noise(call: ast.Call, name: str) -> Iterator[str]:
    """Functions of chainviz with a `seed` draw anew if they get none."""
    function = getattr(import_module("chainviz"), name.removeprefix("chainviz."), None)
    if not inspect.isfunction(function):
        return
    parameters = inspect.signature(function).parameters
    position = list(parameters).index("seed") if "seed" in parameters else None
    if position is not None and parameters["seed"].default is None and not _is_given(call, position, "seed"):
        yield f"{name} draws without a seed: write seed=0 among its arguments"


def _is_given(call: ast.Call, position: int, name: str) -> bool:
    """Whether the call passes the argument, and not as None; what hides in * or ** counts as given."""
    if any(isinstance(value, ast.Starred) for value in call.args) or any(word.arg is None for word in call.keywords):
        return True
    values = [*call.args[position : position + 1], *(word.value for word in call.keywords if word.arg == name)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in values)
