"""What was replayed stands at the end of pytest's report."""

import pytest

REPLAYED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def told(pytestconfig):
    """Lines about the replay, for the report."""
    return pytestconfig.stash.setdefault(REPLAYED, [])


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(REPLAYED, []):
        terminalreporter.write_line(f"Binder: {line}")
