"""Launch links: their form, as Binder and nbgitpuller read them back, and what is refused."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chainviz import cli
from chainviz.autodiff import InputError
from chainviz.links import badge, binder_link, hub_link

COURSE = "https://git.example.org/ana/course"
NOTEBOOK = "notebooks/00-start-here.ipynb"


@pytest.mark.parametrize(
    "repository", ["ana/course", "https://github.com/ana/course", "https://github.com/ana/course.git", "ana/course/"]
)
def test_binder_opens_the_notebook_of_the_repository_however_it_is_named(repository):
    assert (
        binder_link(repository, NOTEBOOK) == f"https://mybinder.org/v2/gh/ana/course/main?urlpath=lab/tree/{NOTEBOOK}"
    )


def test_a_branch_with_a_slash_stays_one_part_of_the_path_and_blanks_are_escaped():
    link = binder_link("ana/course", "week 1/ä&b.ipynb", reference="term/2026")
    parts = urlsplit(link)
    assert parts.path == "/v2/gh/ana/course/term%2F2026"
    assert parse_qs(parts.query) == {"urlpath": ["lab/tree/week 1/ä&b.ipynb"]}
    assert link.isascii()
    assert " " not in link


def test_the_badge_is_a_picture_that_leads_there():
    link = binder_link("ana/course", NOTEBOOK)
    assert badge(link) == f"[![Binder](https://mybinder.org/badge_logo.svg)]({link})"


@pytest.mark.parametrize("address", [COURSE, COURSE + ".git", COURSE + "/"])
def test_the_hub_pulls_the_course_and_opens_the_notebook_in_its_copy(address):
    parts = urlsplit(hub_link("https://hub.example.org/", address, "week 1/a&b.ipynb", reference="term/2026"))
    assert (parts.netloc, parts.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    asked = {"repo": [COURSE], "branch": ["term/2026"], "urlpath": ["lab/tree/course/week 1/a&b.ipynb"]}
    assert parse_qs(parts.query) == asked


def test_a_course_is_pulled_into_another_repositorys_environment_on_binder():
    parts = urlsplit(binder_link("OWNER/NAME", "a.ipynb", course=COURSE, course_reference="term"))
    (path,) = parse_qs(parts.query)["urlpath"]
    pulled = urlsplit(path)
    assert pulled.path == "git-pull"
    assert parse_qs(pulled.query) == {"repo": [COURSE], "branch": ["term"], "urlpath": ["lab/tree/course/a.ipynb"]}
    assert unquote(parts.query).count("?") == 1


@pytest.mark.parametrize("repository", ["course", "https://gitlab.com/ana/course", "ana/course/x", "ana/co urse", ""])
def test_what_is_no_repository_on_github_is_refused(repository):
    with pytest.raises(InputError, match="Write OWNER/NAME"):
        binder_link(repository, NOTEBOOK)


@pytest.mark.parametrize("notebook", ["/a.ipynb", "../a.ipynb", "notebooks", "a\\b.ipynb", ""])
def test_what_is_no_path_in_a_repository_is_refused(notebook):
    with pytest.raises(InputError, match="from the repository's root"):
        binder_link("ana/course", notebook)


@pytest.mark.parametrize("hub", ["hub.example.org", "ftp://hub.example.org", "https://hub.example.org?x=1", ""])
def test_what_is_no_address_is_refused(hub):
    with pytest.raises(InputError, match="Write it in full"):
        hub_link(hub, COURSE, NOTEBOOK)


@pytest.mark.parametrize("reference", ["", "two words"])
def test_what_is_no_branch_is_refused(reference):
    with pytest.raises(InputError, match="no branch, tag or commit"):
        binder_link("ana/course", NOTEBOOK, reference=reference)


def printed(capsys, *arguments):
    assert cli.main(["links", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_command_line_prints_them(capsys):
    link = binder_link("ana/course", NOTEBOOK, reference="v1")
    assert printed(capsys, "ana/course", NOTEBOOK, "--reference=v1") == [link, badge(link)]
    hub = "https://hub.example.org"
    assert printed(capsys, COURSE, NOTEBOOK, f"--hub={hub}") == [hub_link(hub, COURSE, NOTEBOOK)]
    link = binder_link("OWNER/NAME", NOTEBOOK, reference="v2", course=COURSE, course_reference="term")
    asked = ("--environment=OWNER/NAME@v2", "--reference=term")
    assert printed(capsys, COURSE, NOTEBOOK, *asked) == [link, badge(link)]


def test_the_command_line_refuses_in_words(capsys):
    assert cli.main(["links", "course", NOTEBOOK]) == 2
    assert "Write OWNER/NAME" in capsys.readouterr().err
