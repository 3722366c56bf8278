"""Japanese pages in a small repository of their own, in step with their sources and not."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from translations.__main__ import main

SOURCE = """# Orders

Orders are kept in `orders`. See [the queue](queue.md).

## Placing one

```console
$ patterns publish order.json
```

```mermaid
flowchart LR
    client([client]) -- "places" --> api["Lambda: api<br/>FastAPI"]
    api -. checks .- pool[Cognito user pool]
```

<!-- costs: written by python -m costs -->

### A heading of the table

| driver | 1.00 $ | `made` |

<!-- end of costs -->
"""
PAGE = """<!-- translation of docs/orders.md -->
# 注文

注文は `orders` に保存します。[キュー](../queue.md)を参照してください。

## 注文の登録

```console
$ patterns publish order.json
```

```mermaid
flowchart LR
    client([クライアント]) -- "登録" --> api["Lambda: api<br/>FastAPI"]
    api -. 検証 .- pool[Cognito ユーザープール]
```
"""


class Repository:
    """A repository with one English page and its translation, whose record is up to date."""

    def __init__(self, folder: Path, printed: Callable[[], str]) -> None:
        self.folder = folder
        self._printed = printed
        self.source, self.page = folder / "docs" / "orders.md", folder / "docs" / "ja" / "orders.md"
        self.page.parent.mkdir(parents=True)
        (folder / "docs" / "queue.md").write_text("# The queue\n")
        self.source.write_text(SOURCE)
        self.page.write_text(PAGE)
        assert self.check("--update", str(self.page)) == ""

    def check(self, *arguments: str) -> str:
        """Return what is printed; the exit code is 1 exactly when something is."""
        code = main(arguments, self.folder)
        printed = self._printed()
        assert code == (1 if printed else 0)
        return printed

    def edit(self, path: Path, old: str, new: str) -> None:
        """Replace a text that a file has once."""
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Repository:
    """Return a repository whose page is in step."""
    return Repository(tmp_path, lambda: capsys.readouterr().out)


def test_a_page_in_step_has_no_complaint(repository: Repository) -> None:
    """And its first line records the source and its digest."""
    assert repository.check() == ""
    first = repository.page.read_text().splitlines()[0]
    assert first.startswith("<!-- translation of docs/orders.md, sha256 ")


def test_a_page_whose_source_has_changed_is_named(repository: Repository) -> None:
    """With its source, until the change is recorded."""
    repository.edit(repository.source, "Orders are kept", "Orders and claims are kept")

    printed = repository.check()

    assert printed.startswith("docs/ja/orders.md: docs/orders.md has changed since.")
    assert "python -m translations --update docs/ja/orders.md" in printed
    assert repository.check("--update", str(repository.page)) == ""
    assert repository.check() == ""


def test_the_printed_command_shows_the_change(repository: Repository) -> None:
    """Compared with the commit that recorded the digest, whatever was committed to page and source since."""

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=repository.folder, capture_output=True, check=True)
        return done.stdout.decode()

    def commit() -> None:
        git("add", ".")
        git("commit", "-q", "-m", "Change the pages")

    git("init", "-q")
    commit()
    repository.edit(repository.source, "Orders are kept", "Orders and claims are kept")
    commit()
    repository.edit(repository.page, "保存します", "格納します")
    commit()

    command = next(line for line in repository.check().splitlines() if line.strip().startswith("git diff"))
    shown = subprocess.run(["sh", "-c", command], cwd=repository.folder, capture_output=True, check=True, text=True)

    assert "+Orders and claims are kept in `orders`." in shown.stdout


def test_generated_figures_and_line_breaks_are_no_change(repository: Repository) -> None:
    """A table that a command writes may change at any time, and so may the width of the lines."""
    repository.edit(repository.source, "1.00 $", "1.10 $")
    repository.edit(repository.source, "kept in `orders`. See", "kept in `orders`.\nSee")

    assert repository.check() == ""


def test_a_generated_part_that_a_page_has_by_hand_counts(repository: Repository) -> None:
    """When its record says so: words, headings and code."""
    repository.edit(repository.page, "docs/orders.md,", "docs/orders.md, with costs,")
    repository.page.write_text(repository.page.read_text() + "\n### 表の見出し\n\n| 要因 | 1.00 $ | `made` |\n")
    assert repository.check("--update", str(repository.page)) == ""

    repository.edit(repository.source, "1.00 $", "1.10 $")

    assert "docs/orders.md has changed since" in repository.check()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("## 注文の登録", "### 注文の登録", "heading 2 is '### 注文の登録' where the source has '## Placing one'"),
        ("# 注文\n", "# 注文\n\n## 余分\n\n", "(3 headings, the source 2)"),
        ("order.json\n", "orders.json\n", "block 1 of code (console: $ patterns publish order.json) differs"),
        ("$ patterns publish order.json\n```\n\n```mermaid\n", "", "1 blocks of code, the source 2"),
        ("```console", "```sh", "block 1 of code"),
        ('-- "登録" --> api', '-- "登録" --> pool', "block 2 of code (mermaid: flowchart LR) differs"),
        ("`orders`", "注文テーブル", "code of the source that it has not: `orders`"),
        ("`orders`", "`orders` と `books`", "code that the source has not: `books`"),
        ("../queue.md", "queue.md", "the link to queue.md leads nowhere"),
        ("<!-- translation of docs/orders.md", "<!-- translation of docs/gone.md", "docs/gone.md is not there"),
        ("<!-- translation of", "<!-- made from", "its first line must be: <!-- translation of docs/NAME.md"),
    ],
)
def test_a_page_that_is_built_otherwise_is_named(repository: Repository, old: str, new: str, complaint: str) -> None:
    """Headings by their levels, code by its text, a diagram by all but its labels, links by their files."""
    repository.edit(repository.page, old, new)

    printed = repository.check()

    assert printed.startswith("docs/ja/orders.md: ")
    assert complaint in printed


def test_a_link_leads_to_the_japanese_page_where_there_is_one(repository: Repository) -> None:
    """To the English one only until it is translated; to its own source a page may always lead."""
    repository.edit(repository.page, "# 注文\n", "# 注文\n\n[英語版](../orders.md)\n")
    assert repository.check() == ""

    queue = repository.page.with_name("queue.md")
    queue.write_text("<!-- translation of docs/queue.md -->\n# キュー\n")
    printed = repository.check("--update", str(queue))

    assert printed == ("docs/ja/orders.md: the link to ../queue.md should lead to the Japanese page docs/ja/queue.md\n")


def test_a_page_that_is_not_there_cannot_be_updated(repository: Repository) -> None:
    """A path that is mistyped is an error of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(["--update", str(repository.folder / "docs" / "ja" / "order.md")], repository.folder)

    assert ended.value.code == 2
