"""The guide in Japanese: each text has a translation with the same figures, and each word of page and command."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from patterns_cli.choosing.guide import GUIDE_FILE, GuideError, Language, read_guide
from patterns_cli.choosing.links import anchors, link_in, link_on_page
from patterns_cli.choosing.page import page_text
from patterns_cli.choosing.records import Record
from patterns_cli.choosing.translation import read_guide_in, translate

ENGLISH = read_guide()
JAPANESE = read_guide_in(Language.JAPANESE)
CONTENT: dict[str, Any] = json.loads(GUIDE_FILE.with_suffix(".ja.json").read_text())
WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NAMES = re.compile(r"[\w., ;/+-]+")
"""Texts that may be the same in both languages: names, numbers, a lone figure."""


def test_the_file_translates_the_guide() -> None:
    """Reading compares it with the guide: nothing is missing, and nothing is too much."""
    assert JAPANESE.questions["idle"].ask.startswith("処理がない時間は")
    assert JAPANESE.limits["lambda_seconds"].text == "15 分"
    assert JAPANESE.language is Language.JAPANESE


def leaves(english: Any, japanese: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any part of the guide
    """Yield each value of the guide beside the one in the same place of the other."""
    if isinstance(english, Record):
        english, japanese = (msgspec.structs.asdict(x) for x in (english, japanese))
    if isinstance(english, dict):
        assert list(english) == list(japanese)
        for key in english.keys() - {"language", "words"}:
            yield from leaves(english[key], japanese[key])
    elif isinstance(english, tuple):
        for pair in zip(english, japanese, strict=True):
            yield from leaves(*pair)
    else:
        yield english, japanese


def test_only_texts_are_translated() -> None:
    """All else is alike: ids, figures, references and the path."""
    assert all(japanese in {english, CONTENT["texts"].get(english)} for english, japanese in leaves(ENGLISH, JAPANESE))


@pytest.mark.parametrize("text", CONTENT["texts"])
def test_a_translation_has_the_figures_and_the_code_of_its_text(text: str) -> None:
    """Each placeholder and each piece of code as often as in English, and Japanese words unless it is but a name."""
    translated = CONTENT["texts"][text]
    marked = re.compile(r"\{[^{}]*\}|`[^`]*`")
    assert Counter(marked.findall(text)) == Counter(marked.findall(translated))
    assert WIDE.search(translated) or NAMES.fullmatch(marked.sub("", translated) or "-")


@pytest.mark.parametrize("word", CONTENT["words"])
def test_words_keep_what_is_filled_in(word: str) -> None:
    """The fields of a sentence have the same names in both languages."""
    fields = re.compile(r"\{\w+\}")
    assert set(fields.findall(word)) == set(fields.findall(CONTENT["words"][word]))


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the file's content after a change."""
    content = json.loads(json.dumps(CONTENT))
    change(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda x: x["texts"].pop("hardly ever"), "there is no translation of 'hardly ever'"),
        (lambda x: x["texts"].update({"hardly ever": ""}), "there is no translation of 'hardly ever'"),
        (lambda x: x["texts"].update(never="決して"), "'never' is translated, and no text of the guide"),
    ],
)
def test_a_text_too_few_or_too_many_is_named(change: Callable[[dict[str, Any]], object], why: str) -> None:
    """So a text that changes in the guide cannot keep the translation of the old one."""
    with pytest.raises(GuideError, match=re.escape(why)):
        translate(ENGLISH, Language.JAPANESE, changed(change))


def test_a_word_that_is_not_translated_is_named() -> None:
    """It never appears in English among Japanese texts."""
    words = {word: x for word, x in CONTENT["words"].items() if word != "shown by"}
    with pytest.raises(GuideError, match="the words 'shown by' are not translated to ja"):
        page_text(msgspec.structs.replace(JAPANESE, words=words))


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Return a folder of pages, of which one is translated."""
    (tmp_path / "ja").mkdir()
    (tmp_path / "queue.md").write_text("# The queue\n\n```sh\n# no heading\n```\n\n## Why a queue?\n")
    (tmp_path / "ja" / "queue.md").write_text("# キュー\n\n## キューを使う理由\n")
    (tmp_path / "costs.md").write_text("# Costs\n")
    return tmp_path


@pytest.mark.parametrize(
    ("link", "japanese"),
    [
        ("queue.md#why-a-queue", "ja/queue.md#キューを使う理由"),
        ("queue.md", "ja/queue.md"),
        ("costs.md#costs", "costs.md#costs"),
        ("../infra/cdk/tests/test_x.py", "../infra/cdk/tests/test_x.py"),
        ("https://docs.aws.amazon.com/x#y", "https://docs.aws.amazon.com/x#y"),
    ],
)
def test_a_link_leads_to_the_translated_page_where_there_is_one(docs: Path, link: str, japanese: str) -> None:
    """To the heading in the same place; in English it stays as it is."""
    assert link_in(Language.JAPANESE, link, docs) == japanese
    assert link_in(Language.ENGLISH, link, docs) == link


def test_a_heading_that_the_translated_page_does_not_have(docs: Path) -> None:
    """The link is named."""
    (docs / "ja" / "queue.md").write_text("# キュー\n")
    with pytest.raises(GuideError, match=re.escape("ja/queue.md has no heading in the place of queue.md#why-a-queue")):
        link_in(Language.JAPANESE, "queue.md#why-a-queue", docs)


def test_links_of_a_page_are_relative_to_it() -> None:
    """The Japanese page is one folder deeper."""
    assert link_on_page(Language.JAPANESE, "costs.md#limits") == "../costs.md#limits"
    assert link_on_page(Language.JAPANESE, "../infra/x.py") == "../../infra/x.py"
    assert link_on_page(Language.ENGLISH, "costs.md#limits") == "costs.md#limits"


def test_the_translated_page_has_the_headings_of_its_source() -> None:
    """So that anchors can be found by their place; those of the path have the same name, too."""
    english, japanese = (anchors(GUIDE_FILE.parent / x) for x in ("choosing.md", "ja/choosing.md"))
    assert len(english) == len(japanese)
    assert "request-idle-idle" in set(english) & set(japanese)
