"""The command line: open the notebooks, say what is missing, which cells are untested, which links open a notebook."""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import os
import platform
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .autodiff import InputError
from .links import badge, binder_link, hub_link

INSTALL_LAB = 'pip install -e ".[lab]"'
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


class Finding(NamedTuple):
    """What `doctor` found out: a line to read, whether it is well, and what to do if it is not."""

    line: str
    well: bool
    remedy: str = ""
    needed: bool = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a pipe on Windows has no ✓
    parser = argparse.ArgumentParser(prog="chainviz", description="See the chain rule.")
    parser.add_argument("--version", action="version", version=f"chainviz {importlib.metadata.version('chainviz')}")
    commands = parser.add_subparsers(dest="command", required=True)
    lab = commands.add_parser("lab", help="open JupyterLab on the notebooks")
    lab.add_argument("--no-browser", action="store_true", help="start the server only, and print its address")
    lab.add_argument("--port", type=int, default=8888, help="the port to listen on (default: %(default)s)")
    commands.add_parser("doctor", help="check that all that is needed is there and works")
    check = commands.add_parser("check", help="say which cells of notebooks pytest --nbval --chainviz will not test")
    check.add_argument("paths", nargs="+", type=Path, help="notebooks, or folders of them")
    check.add_argument("--strict", action="store_true", help="end with status 1 if there is anything to say")
    links = commands.add_parser("links", help="print links that open a notebook on Binder or on a JupyterHub")
    links.add_argument("repository", help="OWNER/NAME on GitHub, or the address of a course repository")
    links.add_argument("notebook", help="its path in the repository, such as notebooks/00-start-here.ipynb")
    links.add_argument("--reference", default="main", help="its branch, tag or commit (default: %(default)s)")
    where = links.add_mutually_exclusive_group()
    where.add_argument("--hub", metavar="ADDRESS", help="a JupyterHub with nbgitpuller, instead of Binder")
    where.add_argument("--environment", metavar="OWNER/NAME[@REF]", help="what Binder builds, if not this repository")
    given = parser.parse_args(arguments)
    if given.command == "links":
        return print_links(given.repository, given.notebook, given.reference, given.hub, given.environment)
    if given.command == "lab":
        return open_lab(browser=not given.no_browser, port=given.port)
    return doctor() if given.command == "doctor" else check_notebooks(given.paths, strict=given.strict)


def open_lab(*, browser: bool, port: int) -> int:
    """Start JupyterLab on the notebooks, or on the current folder where there are none."""
    if not _is_installed("jupyterlab"):
        print(f"JupyterLab is not installed. Run: {INSTALL_LAB}", file=sys.stderr)
        return 1
    folder = notebooks()
    if folder is None:
        folder = Path.cwd()
        print(f"The notebooks are not part of this installation; JupyterLab opens on {folder} instead.")
    options = [f"--port={port}", f"--ServerApp.root_dir={folder}"] + ([] if browser else ["--no-browser"])
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # in a container, where there is no other user
    from jupyterlab.labapp import LabApp  # pyright: ignore[reportMissingImports]

    LabApp.launch_instance(options)  # in this process: whoever ends chainviz ends the server
    return 0


def notebooks() -> Path | None:
    """The folder of notebooks of the clone that chainviz was installed from, if it was."""
    folder = Path(__file__).parents[1] / "notebooks"
    return folder if any(folder.glob("*.ipynb")) else None


def doctor() -> int:
    """Print what is well and what is not; 1 if something needed is missing."""
    findings = [_python(), *_packages(), *_extensions(), _layout(), _browser()]
    for finding in findings:
        print(f"{'✓' if finding.well else '✗' if finding.needed else '–'} {finding.line}")
        if not finding.well:
            print(f"    {finding.remedy}")
    broken = [finding for finding in findings if finding.needed and not finding.well]
    print("All is well." if not broken else f"{len(broken)} of {len(findings)} checks failed; see the lines with ✗.")
    return 1 if broken else 0


def check_notebooks(paths: Sequence[Path], *, strict: bool = False) -> int:
    """Print what of the notebooks is not regression-tested; 1 if `strict` and there is any, 2 if one cannot be read."""
    from .testing import report

    try:
        found, lines = report(paths)
    except InputError as error:
        print(_visible(str(error)), file=sys.stderr)
        return 2
    print(*map(_visible, lines), sep="\n")
    return 1 if strict and found else 0


def _visible(line: str) -> str:
    """The line with characters that would steer the terminal written out: others' notebooks hold what they like."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c)[0] == "C" else c for c in line)


def print_links(repository: str, notebook: str, reference: str, hub: str | None, environment: str | None) -> int:
    """Print the link, and for Binder its badge in Markdown; 2 if there is none for what was given."""
    try:
        if hub:
            print(hub_link(hub, repository, notebook, reference=reference))
            return 0
        if environment:
            built, _, built_reference = environment.partition("@")
            course = {"course": repository, "course_reference": reference}
            link = binder_link(built, notebook, reference=built_reference or "main", **course)
        else:
            link = binder_link(repository, notebook, reference=reference)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(link, badge(link), sep="\n")
    return 0


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome: CHAINVIZ_CHROMIUM, the search path, or the usual places."""
    chosen = os.environ.get("CHAINVIZ_CHROMIUM")
    if chosen:
        return chosen if Path(chosen).exists() else None
    found = (shutil.which(name) for name in _BROWSERS)
    return next((path for path in found if path), None) or next((p for p in _USUAL_PLACES if Path(p).exists()), None)


def _python() -> Finding:
    version = platform.python_version()
    return Finding(f"Python {version}", sys.version_info >= (3, 11), "chainviz needs Python 3.11 or newer.")


def _packages() -> list[Finding]:
    """chainviz, what it requires, and JupyterLab."""
    findings = [Finding(f"chainviz {importlib.metadata.version('chainviz')}", True)]
    required = [r for r in importlib.metadata.requires("chainviz") or () if "extra ==" not in r]
    for requirement in [*required, "jupyterlab>=4.2"]:
        name, lowest = re.split(r"\s*>=\s*", requirement, maxsplit=1)
        remedy = f"Run: {INSTALL_LAB}" if name == "jupyterlab" else f'Run: pip install "{requirement}"'
        if not _is_installed(name):
            findings.append(Finding(f"{name} is not installed", False, remedy))
            continue
        version = importlib.metadata.version(name)
        well = _numbers(version) >= _numbers(lowest)
        findings.append(Finding(f"{name} {version}{'' if well else f', but {lowest} is needed'}", well, remedy))
    return findings


def _extensions() -> list[Finding]:
    """The two front-end extensions without which JupyterLab shows a line of text in place of a widget."""
    places = [Path(sys.prefix, "share", "jupyter", "labextensions")]
    if _is_installed("jupyter_core"):
        from jupyter_core.paths import jupyter_path  # pyright: ignore[reportMissingImports]

        places = [Path(path, "labextensions") for path in jupyter_path()]
    findings: list[Finding] = []
    for extension, package in (
        ("@jupyter-widgets/jupyterlab-manager", "jupyterlab_widgets"),
        ("anywidget", "anywidget"),
    ):
        there = any((place / extension / "package.json").exists() for place in places)
        remedy = f"Run: pip install --force-reinstall {package}"
        findings.append(Finding(f"JupyterLab extension {extension}{'' if there else ' is missing'}", there, remedy))
    return findings


def _layout() -> Finding:
    """Whether Graphviz, as the pygraphviz wheel carries it, really lays out a graph."""

    def lay_out() -> None:
        from .drawing.dot import Box, Line, place

        boxes = (Box("a", 72, 36), Box("b", 72, 36))
        placed = place(boxes, (Line("e", "a", "b"),), vertical=False, gap=10, rank_gap=30)
        assert placed.centres["a"][0] < placed.centres["b"][0]

    problem = _attempt(lay_out)
    remedy = (
        "Run: pip install --force-reinstall --only-binary pygraphviz pygraphviz (its wheel carries Graphviz itself)."
    )
    return Finding(f"the layout engine{f' fails: {problem}' if problem else ' lays out a graph'}", not problem, remedy)


def _browser() -> Finding:
    """Chromium is for the browser tests only."""
    path = find_chromium()
    remedy = (
        "Only the browser tests need one. On Debian or Ubuntu: apt install chromium; elsewhere install Chrome, "
        "or set CHAINVIZ_CHROMIUM to its path."
    )
    chosen = os.environ.get("CHAINVIZ_CHROMIUM")
    missing = f"no Chromium at {chosen}, which CHAINVIZ_CHROMIUM names" if chosen else "no Chromium found"
    return Finding(f"Chromium at {path}" if path else missing, path is not None, remedy, needed=False)


def _attempt(work: Callable[[], None]) -> str:
    """What went wrong, or nothing."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 (whatever it is, the doctor reports it)
        return f"{type(error).__name__}: {error}"
    return ""


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


if __name__ == "__main__":
    sys.exit(main())
