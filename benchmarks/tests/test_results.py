"""From figures to the file and the page."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import benchmarks.__main__ as command
import pytest
from benchmarks import bundle
from benchmarks.page import BEGIN, END, tables, with_tables
from benchmarks.results import Result, compared, compared_in_turns, counted, merged, stamped

pytestmark = pytest.mark.integration

TITLES = {"cold": "Cold start", "bundle": "Size"}


def row(benchmark: str, name: str) -> dict[str, Any]:
    """Return a row as it is kept."""
    return stamped(Result(benchmark=benchmark, name=name, ours=1.0, unit="ms"))


@pytest.mark.parametrize(
    ("goals", "goal", "met"),
    [
        ({"at_most": 0.5}, "ratio ≤ 0.50", True),
        ({"at_most": 0.49}, "ratio ≤ 0.49", False),
        ({"at_least": 0.5}, "ratio ≥ 0.50", True),
        ({"at_least": 0.51}, "ratio ≥ 0.51", False),
        ({}, None, None),
    ],
)
def test_a_goal_is_about_the_ratio(goals: dict[str, float], goal: str | None, met: bool | None) -> None:  # noqa: FBT001
    """Ours by the peer's: at most for time, at least for speed."""
    result = compared("cold", "a peer", 200, 400, "ms", **goals)

    assert (result.ratio, result.goal, result.met) == (0.5, goal, met)


@pytest.mark.parametrize(("ours", "flat", "met"), [(1, True, True), (1, False, False), (2, True, False)])
def test_a_count_must_be_small_and_must_not_grow(ours: int, flat: bool, met: bool) -> None:  # noqa: FBT001
    """Both, for many orders as for few."""
    assert counted("requests", "GET /orders", ours, "requests", at_most=1, flat=flat).met is met


def test_figures_of_rounds_are_medians_and_say_how_the_rounds_differ() -> None:
    """The ratio, too: a round that was disturbed is one of many, whichever subject it was whose turn it was."""
    ours, peer = [100, 90, 10, 110, 120], [200, 180, 200, 200, 200]
    result = compared_in_turns("warm", "a peer", ours, peer, "1/s", at_least=0.5)

    assert (result.ours, result.peer, result.ratio, result.spread) == (100, 200, 0.5, (0.5, 0.55))
    assert result.met


def test_a_count_compared_with_a_peers_has_a_goal_of_its_own() -> None:
    """Less than a peer's may still be too much."""
    result = counted("ledger", "a peer", 1.2, "requests", peer=2.4, at_most=1.1)

    assert (result.peer, result.ratio, result.met) == (2.4, 0.5, False)


def test_a_row_says_when_and_where() -> None:
    """A figure without its machine says nothing."""
    kept = row("cold", "a peer")

    assert set(kept) >= {"name", "ours", "peer", "ratio", "goal", "met", "unit", "date", "cores", "python"}
    assert kept["cores"] >= 1
    assert kept["versions"] is None


def test_a_row_with_a_peer_says_which_versions() -> None:
    """Those that are locked; the table shows them below."""
    kept = stamped(compared("cold", "FastAPI", 1, 2, "ms"))

    assert f"boto3 {version('boto3')}" in kept["versions"]
    assert tables([kept], TITLES).endswith(f". Peers: {kept['versions']}.")


def test_a_benchmark_that_was_not_run_keeps_its_rows() -> None:
    """And one that was run loses the old ones, also those that it no longer has."""
    old = [row("cold", "old"), row("bundle", "kept"), row("given up", "gone")]

    rows = merged(old, [row("cold", "new")], ["cold", "bundle"])

    assert [found["name"] for found in rows] == ["new", "kept"]


def test_the_page_shows_every_row_with_its_goal() -> None:
    """One table for each benchmark; a goal that is not met stands out."""
    text = tables(
        [
            stamped(compared("cold", "FastAPI", 412.34, 500, "ms", at_most=0.8)),
            stamped(compared_in_turns("cold", "Mangum", [1, 1, 1], [2, 1, 4], "ms")),
            stamped(counted("bundle", "zip file", 7.25, "MB", at_most=8)),
        ],
        TITLES,
    )

    assert "### Cold start" in text
    assert "| what | ours | peer | ratio | unit | goal |" in text
    assert "| FastAPI | 412.3 | 500 | 0.82 | ms | ratio ≤ 0.80: **not met** |" in text
    assert "| Mangum | 1 | 2 | 0.50 (0.38 to 0.75) | ms |  |" in text
    assert "| what | ours | unit | goal |" in text
    assert "| zip file | 7.25 | MB | ≤ 8: met |" in text


def test_the_prose_around_the_tables_stays() -> None:
    """It is written by hand."""
    page = f"# Benchmarks\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"

    shown = with_tables(page, "new")

    assert shown == f"# Benchmarks\n\nBefore.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAfter.\n"
    assert with_tables(shown, "new") == shown


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}\n{BEGIN}"])
def test_a_page_without_its_markers_is_not_touched(page: str) -> None:
    """Rather an error than a page that loses its end."""
    with pytest.raises(ValueError, match="must have a line"):
        with_tables(page, "new")


def test_the_command_writes_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file, and from it the page; with --no-write neither."""
    results, page = tmp_path / "results.json", tmp_path / "benchmarks.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    monkeypatch.setattr(command, "RESULTS", results)
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(bundle, "measure", lambda: [counted("bundle", "zip file", 7.25, "MB", at_most=8)])

    assert command.main(["--only", "bundle", "--no-write"]) == 0
    assert not results.exists()
    assert command.main(["--only", "bundle"]) == 0

    assert [kept["name"] for kept in json.loads(results.read_text())] == ["zip file"]
    assert "| zip file | 7.25 | MB | ≤ 8: met |" in page.read_text()
    assert "zip file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--rounds", "8"], "at least 9"), (["--crossings", "1"], "at least 2"), (["--only", "hot"], "hot")],
)
def test_bad_arguments_are_refused(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A median of few rounds says little; an unknown name is a typing error."""
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)

    assert refused.value.code == 2
    assert complaint in capsys.readouterr().err


def test_what_is_kept_in_the_repository_is_shown_on_its_page() -> None:
    """The page is written from the file, by the same run."""
    rows = json.loads(command.RESULTS.read_text())

    assert with_tables(command.PAGE.read_text(), tables(rows, command.TITLES)) == command.PAGE.read_text()
