"""Waiting for what a page answers in its own time: a slow machine may make a test late, but never red."""

import time

LIMIT = 60.0
"""Seconds until a test gives up; what is waited for takes a fraction of one. Only a failing test waits so long."""
PAINTED = """async () => {
  await document.fonts.ready;
  for (let k = 0; k < 2; k++) await new Promise((done) => requestAnimationFrame(done));
}"""


def becomes(read, expected):
    """What is read becomes what is expected, sooner or later; else the last that was read is in the failure."""
    until = time.monotonic() + LIMIT
    while (found := read()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert found == expected, f"{found!r} is not {expected!r}, even after {LIMIT:.0f} seconds"


def painted(page):
    """Returns once the page has been laid out, observers of sizes have heard of it, and it has been painted so."""
    page.evaluate(PAINTED)
