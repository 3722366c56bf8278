from pathlib import Path

import pytest
from website.pages import Pages


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a page that links to a page, a source file and two folders."""
    for name, text in {
        "README.md": "[guide](docs/guide.md#a), [code](src/program.py), [events](docs/events/), [folder](src)\n",
        "docs/guide.md": "# A\n\n[back](../README.md), ![picture](one.svg)\n",
        "docs/one.svg": "<svg/>",
        "docs/events/README.md": "# Events\n",
        "src/program.py": 'PRINTED = """\n```\n"""\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_a_page_links_to_comes_along(repository: Path) -> None:
    """Pages at their own paths, code on a page that shows it, a folder as its README or a list of its files."""
    pages = Pages(repository, repository / ".local")
    pages.add("README.md")
    pages.add_assets("docs")

    written = {path.relative_to(pages.folder).as_posix() for path in pages.folder.rglob("*") if path.is_file()}
    expected = {"README.md", "docs/guide.md", "docs/events/README.md", "src/program.py.md", "src.md", "docs/one.svg"}
    assert written == expected
    assert (pages.folder / "README.md").read_text() == (
        "[guide](docs/guide.md#a), [code](src/program.py.md), [events](docs/events/README.md), [folder](src.md)\n"
    )
    assert '`````python\nPRINTED = """\n```\n"""\n`````' in (pages.folder / "src/program.py.md").read_text()
    assert "- `program.py`" in (pages.folder / "src.md").read_text()
    assert not pages.problems


@pytest.mark.parametrize("target", ["nothing.py", "../nothing.md", "../../outside.md"])
def test_a_broken_path_is_named_with_file_and_line(repository: Path, target: str) -> None:
    """For any kind of file; one outside the repository counts as missing."""
    (repository.parent / "outside.md").write_text("x")
    (repository / "docs/guide.md").write_text(f"# A\n\n\n[x]({target})\n")
    pages = Pages(repository, repository / ".local")
    pages.add("README.md")
    assert pages.problems == [f"docs/guide.md:4: there is no {target}"]
