"""For all tests and examples: what a clock measures, or dice decide, is the same on a slow machine."""

import gc
import os
from importlib import import_module

import hypothesis
import pytest

from chainviz.drawing import apart

hypothesis.settings.register_profile(
    "chainviz",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("chainviz")
# By their names, as `explore` is the function, too.
PATIENT = [import_module(f"chainviz.widgets.{name}") for name in ("curves", "explore", "live", "page")]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """The package gives up what keeps a person waiting, but not here; `patience(seconds)` sets another limit."""

    def limit(seconds):
        for module in PATIENT:
            monkeypatch.setattr(module, "PATIENCE", seconds)

    limit(60.0)
    monkeypatch.setattr(apart, "DEADLINE", 60.0)
    return limit


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Tests in a browser come last: Playwright leaves an event loop running, in which others cannot run their own."""
    items.sort(key=lambda item: "tests/browser/" in item.nodeid)


def pytest_collection_finish():
    """What pytest itself holds, thousands of tests, is not looked through at every collection of a test."""
    gc.collect()
    gc.freeze()
