"""The pytest plugin: `pytest --nbval --chainviz` runs notebooks and compares their outputs by our rules.

It stands outside the package, since pytest imports every plugin that is installed, and the package loads NumPy.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("chainviz", "notebooks with chainviz's pictures and widgets")
    group.addoption(
        "--chainviz",
        action="store_true",
        help="with --nbval: compare the texts and numbers of chainviz's pictures, not their places",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register what compares, if it was asked for; refuse what would silently test nothing."""
    if not config.getoption("--chainviz"):
        return
    if not config.pluginmanager.hasplugin("nbval"):
        raise pytest.UsageError(
            '--chainviz compares notebooks by means of nbval, which is not here. Run: pip install "nbval>=0.11", '
            "or leave --chainviz out."
        )
    if not (config.getoption("--nbval") or config.getoption("--nbval-lax")):
        raise pytest.UsageError(
            "--chainviz alone runs no notebook. Write: pytest --nbval --chainviz, or --nbval-lax for marked cells only."
        )
    config.pluginmanager.register(_Sanitising(), "chainviz-sanitising")


class _Sanitising:
    """Gives each notebook our rules, beside the author's own of --nbval-sanitize-with."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        from nbval.plugin import IPyNbFile  # pyright: ignore[reportMissingImports]

        from chainviz.testing import SANITISING

        if isinstance(collector, IPyNbFile):
            collector.sanitize_patterns.update(SANITISING)
