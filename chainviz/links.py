"""Addresses that open a notebook with one click: on Binder, and by nbgitpuller on a JupyterHub."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit

from .autodiff import InputError

BINDER = "https://mybinder.org"


def binder_link(
    repository: str, notebook: str, *, reference: str = "main", course: str = "", course_reference: str = "main"
) -> str:
    """The address at which Binder builds a GitHub repository and opens a notebook in JupyterLab.

    Args:
        repository: "OWNER/NAME" or its address on GitHub; what it installs is the environment.
        notebook: the path of the notebook in the repository, or in `course` if that is given.
        reference: the branch, tag or commit to build.
        course: the address of another repository, pulled into the environment by nbgitpuller when it starts.
        course_reference: the branch of that one.

    Raises:
        InputError: not a repository on GitHub, not a path inside one, or no reference.

    >>> binder_link("OWNER/NAME", "notebooks/00-start-here.ipynb")
    'https://mybinder.org/v2/gh/OWNER/NAME/main?urlpath=lab/tree/notebooks/00-start-here.ipynb'
    """
    match = re.fullmatch(r"(?:https://github\.com/)?([\w-]+)/([\w.-]+?)(?:\.git)?/?", repository, re.ASCII)
    if not match:
        raise InputError(
            f"Binder builds repositories on GitHub, and {repository!r} is none. Write OWNER/NAME, "
            "or https://github.com/OWNER/NAME."
        )
    path = _pull(course, notebook, course_reference) if course else f"lab/tree/{_path(notebook)}"
    return f"{BINDER}/v2/gh/{match[1]}/{match[2]}/{quote(_named(reference), safe='')}?urlpath={quote(path, safe='/')}"


def badge(link: str) -> str:
    """Binder's badge that leads to a link, in Markdown.

    >>> badge("https://mybinder.org/v2/gh/OWNER/NAME/main")
    '[![Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/OWNER/NAME/main)'
    """
    return f"[![Binder]({BINDER}/badge_logo.svg)]({link})"


def hub_link(hub: str, repository: str, notebook: str, *, reference: str = "main") -> str:
    """The address at which a JupyterHub pulls a course repository into the student's home and opens a notebook of it.

    Students get what has changed since, and keep what they wrote; nbgitpuller must be installed on the hub (deploy/).

    Args:
        hub: the address of the hub, such as https://hub.example.org.
        repository: the address of the course repository, on any host that git can clone from without a password.
        notebook: the path of the notebook in it.
        reference: its branch.

    Raises:
        InputError: an address that does not begin with http:// or https://, a path that leads outside, no branch.

    >>> hub_link("https://hub.example.org", "https://git.example.org/ana/course", "week 1/a.ipynb")[:50]
    'https://hub.example.org/hub/user-redirect/git-pull'
    """
    return f"{_address(hub)}/hub/user-redirect/{_pull(repository, notebook, reference)}"


def _pull(repository: str, notebook: str, branch: str) -> str:
    """What nbgitpuller is asked: the path and query below a server's address."""
    address = _address(repository).removesuffix(".git")
    folder = address.rpartition("/")[2]  # the name that nbgitpuller gives to its copy
    asked = {"repo": address, "branch": _named(branch), "urlpath": f"lab/tree/{folder}/{_path(notebook)}"}
    return f"git-pull?{urlencode(asked, quote_via=quote, safe='')}"


def _path(notebook: str) -> str:
    leads_outside = notebook.startswith("/") or ".." in notebook.split("/") or "\\" in notebook
    if not notebook.endswith(".ipynb") or leads_outside or not notebook.isprintable():
        raise InputError(
            f"{notebook!r} is no notebook's path inside a repository. Write it from the repository's root, "
            "such as notebooks/00-start-here.ipynb."
        )
    return notebook.removeprefix("./")


def _named(reference: str) -> str:
    if not reference or reference.split() != [reference] or not reference.isprintable():
        raise InputError(f"{reference!r} is no branch, tag or commit. Write its name, such as main.")
    return reference


def _address(text: str) -> str:
    parts = urlsplit(text)
    is_whole = parts.scheme in ("http", "https") and parts.netloc and not parts.query and not parts.fragment
    if not is_whole or text.split() != [text] or not text.isprintable():
        raise InputError(f"{text!r} is no address. Write it in full, such as https://hub.example.org.")
    return text.rstrip("/")
