"""The guide's data file: complete, dated, and refused with a reason when it is broken."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.choosing.figures import Figures
from patterns_cli.choosing.guide import GUIDE_FILE, GuideError, Language, read_guide
from patterns_cli.choosing.page import BEGIN, END, PAGES, page_text
from patterns_cli.choosing.translation import read_guide_in
from patterns_cli.costs.inputs import INPUTS_FILE, Inputs
from patterns_cli.costs.prices import PRICES_FILE, Confidence, PriceList
from patterns_cli.costs.usage import USAGE_FILE, read_usage
from patterns_cli.marked_text import between_markers

GUIDE = read_guide()
LINK = re.compile(r"\]\(([^)\s]+)\)")


def slugs(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(folder: Path, change: Any) -> Path:  # noqa: ANN401 - a function that spoils the content
    """Return a file with the guide's content after a change."""
    content = json.loads(GUIDE_FILE.read_text())
    change(content)
    file = folder / "choosing.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize("language", Language)
def test_the_page_says_what_the_file_says(language: Language) -> None:
    """Change a file, a price or a benchmark, and write it: ``python -m patterns_cli.choosing.page``."""
    assert between_markers(PAGES[language].read_text(), BEGIN, END) == page_text(read_guide_in(language))


@pytest.mark.parametrize("page", PAGES.values(), ids=str)
def test_every_link_of_the_page_leads_somewhere(page: Path) -> None:
    """To a page's heading, to code, or to an address."""
    for link in LINK.findall(page.read_text()):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in slugs(target), link


def test_every_edge_has_a_reason_a_figure_and_a_link() -> None:
    """None is empty, and every question of the workload decides something."""
    for node in GUIDE.nodes.values():
        for edge in node.edges:
            assert edge.reason
            assert edge.figure
            assert edge.link
    decides = {node.question for node in GUIDE.nodes.values()} | {name for x in GUIDE.additions for name in x.when}
    assert decides == set(GUIDE.questions)


@pytest.mark.parametrize("record", [*GUIDE.limits.values(), *GUIDE.since], ids=str)
def test_what_may_change_is_dated(record: Any) -> None:  # noqa: ANN401
    """Address, confidence, and the day on which it was read unless it is unconfirmed."""
    assert record.source.startswith("https://")
    assert (record.read is None) is (Confidence(record.confidence) is Confidence.UNCONFIRMED)


def drop(*path: str | int) -> Any:  # noqa: ANN401
    """Return a change that removes what stands at a path."""

    def change(content: Any) -> None:  # noqa: ANN401
        for name in path[:-1]:
            content = content[name]
        del content[path[-1]]

    return change


def put(value: object, *path: str | int) -> Any:  # noqa: ANN401
    """Return a change that puts a value at a path."""

    def change(content: Any) -> None:  # noqa: ANN401
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = value

    return change


def twice(*path: str | int) -> Any:  # noqa: ANN401
    """Return a change that adds what stands at a path to the end of its list again."""

    def change(content: Any) -> None:  # noqa: ANN401
        for name in path[:-1]:
            content = content[name]
        content.append(content[path[-1]])

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (drop("nodes", 0, "edges", 0), "node start does not have each reply to 'compliance' once"),
        (drop("nodes", 1), "node start leads to 'tenants', which is not there"),
        (drop("services", 0), "leads to 'service:lambda-api', which is not there"),
        (put([], "nodes"), "it has no nodes"),
        (put("colour", "nodes", 0, "question"), "node start asks 'colour', which is no question"),
        (put("start", "nodes", 2, "edges", 0, "to"), "node start leads back to itself"),
        (put({"colour": ["red"]}, "additions", 0, "when"), "addition accept asks for colour red"),
        (put({"team": ["robots"]}, "additions", 0, "when"), "addition accept asks for team robots"),
        (put(["abacus"], "additions", 0, "services"), "addition accept is for 'abacus', which is no service"),
        (put("backdoor", "additions", 0, "front"), "addition accept is for the front 'backdoor', which no edge has"),
        (twice("additions", 0), "addition accept is there twice"),
        (put(["abacus"], "wrong_answers", 1, "services"), "is for 'abacus', which is no service"),
        (put("sky", "services", 0, "limits", "height"), "service lambda-api has 'sky', which is no limit"),
        (put("abacus", "services", 0, "compute"), "service lambda-api has 'abacus', which is no compute"),
        (put("abacus", "use_cases", 2, "service"), "is for 'abacus', which is no service"),
        (put("red", "use_cases", 2, "workload", "colour"), "asks for colour red"),
        (put("robots", "use_cases", 2, "workload", "team"), "asks for team robots"),
        (twice("limits", 0), "limit lambda_seconds is there twice"),
        (twice("questions", 1), "question duration is there twice"),
        (twice("services", 2), "service lambda-schedule is there twice"),
        (twice("nodes", 0), "node start is there twice"),
        (drop("limits", 0, "source"), "missing required field `source`"),
        (put("red", "limits", 0, "colour"), "unknown field `colour`"),
    ],
)
def test_a_broken_guide_is_refused(tmp_path: Path, change: Any, why: str) -> None:  # noqa: ANN401
    """With the file's name, and what is wrong with it."""
    with pytest.raises(GuideError, match=r"^choosing\.json: .*" + re.escape(why)):
        read_guide(broken(tmp_path, change))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"about": "\xff"}'])
def test_a_file_that_is_no_guide(tmp_path: Path, content: bytes) -> None:
    """Empty, cut, something else, or in another encoding."""
    file = tmp_path / "choosing.json"
    file.write_bytes(content)
    with pytest.raises(GuideError, match=r"^choosing\.json: "):
        read_guide(file)
    with pytest.raises(GuideError, match="No such file"):
        read_guide(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    "text",
    [
        "{cost.abacus@1}",
        "{cost.lambda@many}",
        "{limit.sky}",
        "{pattern.moon@1}",
        "{line.batch.nothing@1}",
        "{result.warm:nothing}",
        "{colour}",
        "{}",
    ],
)
def test_a_figure_that_is_not_known(text: str) -> None:
    """It is named, and never left in a text."""
    with pytest.raises(GuideError, match=re.escape(text)):
        Figures(GUIDE).fill(f"so much: {text}")


COST_FILES: dict[str, tuple[Path, Any]] = {
    "prices": (PRICES_FILE, PriceList.read.__func__),  # type: ignore[attr-defined]
    "inputs": (INPUTS_FILE, Inputs.read.__func__),  # type: ignore[attr-defined]
    "patterns": (USAGE_FILE, read_usage),
}


@pytest.mark.parametrize(
    ("key", "spoil", "why"),
    [
        ("prices", lambda _: "{", "prices.json is not a JSON object with the list 'prices': "),
        ("prices", lambda text: text.replace('"figure"', '"fugure"'), "prices.json: price apigateway."),
        ("prices", lambda _: '{"prices": []}', "prices.json has no price "),
        ("inputs", lambda _: "[]", "cost_inputs.json is not a JSON object with the list 'inputs': "),
        ("inputs", lambda _: '{"inputs": []}', "cost_inputs.json has no "),
        ("patterns", lambda text: text.replace('"usages"', '"uses"'), "cost_usage.json cannot be read: "),
    ],
)
def test_a_figure_of_a_broken_cost_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, spoil: Callable[[str], str], why: str
) -> None:
    """The file is named, with what is wrong with it; the figure is a known one."""
    original, read = COST_FILES[key]
    file = tmp_path / original.name
    file.write_text(spoil(original.read_text()))
    monkeypatch.setattr(read, "__defaults__", (*read.__defaults__[:-1], file))
    with pytest.raises(GuideError, match=r"^" + re.escape(why)):
        Figures(GUIDE).fill("{cost.fargate@0} and {pattern.web_api@0}")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "results.json cannot be read: No such file or directory"),
        (b"{", "results.json: "),
        (b"\xff", "results.json: "),
        (b"{}", "results.json: Expected `array`, got `object`"),
        (b'["\xff"]', "results.json: "),
        (b'[{"benchmark": "\xff"}]', "results.json: "),
        (b'[{"benchmark": "warm", "name": "a"}]', "results.json: Object missing required field `ours`"),
        (b'[{"benchmark": "warm", "name": "a", "ours": null, "unit": "s"}]', "results.json: Expected `float`"),
    ],
)
def test_a_figure_of_broken_results(tmp_path: Path, content: bytes | None, why: str) -> None:
    """Missing, cut, or without the field: the file is named."""
    file = tmp_path / "results.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GuideError, match=r"^" + re.escape(why)):
        Figures(GUIDE, file).fill("{result.warm:a}")


def test_a_figure_of_the_results(tmp_path: Path) -> None:
    """The first row of the benchmark whose name begins so."""
    file = tmp_path / "results.json"
    row = '{"benchmark": "warm", "name": "ab", "ours": 1234.5, "unit": "orders/s"}'
    file.write_text(f"[{row}]")
    assert Figures(GUIDE, file).fill("{result.warm:a}") == "1,234.5 orders/s"
