"""The architecture's pictures: in step with the templates, the same bytes again, readable, and nothing but drawings."""

import functools
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pictures import architecture_data
from pictures.__main__ import FOLDER
from pictures.architecture import STYLES, draw, file_name
from pictures.architecture_data import DATA, LANGUAGES, Found, Picture, PictureError, read_pictures
from pictures.symbols import COLOURS

from patterns_cli.connections.stack_connections import KINDS
from patterns_infra.paths import REPOSITORY

pytestmark = pytest.mark.integration
SVG = "{http://www.w3.org/2000/svg}"
NAMES = list(read_pictures())


@functools.cache
def drawn(name: str, style: str = "light", language: str = "en") -> str:
    """Draw a picture of the committed data."""
    return draw(name, style, read_pictures(), Found.read(), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_what_the_templates_give(name: str, style: str, language: str) -> None:
    """Change a template or the pictures' data, and draw again: ``python -m pictures.architecture``."""
    assert (FOLDER / file_name(name, style, language)).read_text() == drawn(name, style, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_a_drawing_with_a_title_that_loads_nothing(name: str, language: str) -> None:
    """No script, font or picture from elsewhere; a title and a description are read aloud; it fits a page."""
    text = drawn(name, language=language)
    root = ET.fromstring(text)  # noqa: S314 - our own drawing
    assert {x.tag.removeprefix(SVG) for x in root.iter()} == {"svg", "title", "desc", "rect", "path", "text"}
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert (root.get("role"), root.get("lang")) == ("img", language)
    assert root.get("aria-labelledby") == "title about"
    assert {x.get("id"): bool(x.text) for x in root if x.get("id")} == {"title": True, "about": True}
    assert float(root.get("width", "inf")) <= 800


@pytest.mark.parametrize("name", NAMES)
def test_light_and_dark_differ_by_colours_alone(name: str) -> None:
    """The same texts stand at the same places."""
    light, dark = (ET.fromstring(drawn(name, style)) for style in STYLES)  # noqa: S314 - our own drawing
    places = [[(x.text, x.get("x"), x.get("y")) for x in root.iter(f"{SVG}text")] for root in (light, dark)]
    assert places[0] == places[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_begins_with_its_picture(name: str, language: str) -> None:
    """Light by default, dark where the reader prefers it, with a text for those who do not see it."""
    docs = REPOSITORY / "docs"
    pages = {("shop", "en"): REPOSITORY / "README.md", ("shop", "ja"): docs / "ja" / "index.md"}
    page = pages.get((name, language)) or (docs if language == "en" else docs / language) / f"{name}.md"
    light, dark = (os.path.relpath(FOLDER / file_name(name, style, language), page.parent) for style in STYLES)
    text = page.read_text().partition("\n## ")[0]
    assert f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">' in text
    assert re.search(rf'<img alt="[^"]+" src="{re.escape(light)}">', text)


def changed(name: str, **fields: object) -> dict[str, Picture]:
    """Return the pictures, one of them with other fields."""
    pictures = read_pictures()
    return pictures | {name: replace(pictures[name], **fields)}  # type: ignore[arg-type]


def with_resource(name: str, kind: str, *between: tuple[str, str]) -> Found:
    """Return what the templates have with one resource more."""
    found = Found.read()
    return Found({**found.resources, name: kind}, {**found.between, **dict.fromkeys(between, "rule")})


def test_a_new_resource_must_be_shown_or_left_out() -> None:
    """The message names it, and where to write it."""
    found = with_resource("async.AuditInboxQueue", "queue")
    with pytest.raises(PictureError, match=r"async\.AuditInboxQueue: show it in a node, or name it in left_out"):
        draw("async", "light", read_pictures(), found)
    left_out = {**read_pictures()["async"].left_out, "async.AuditInboxQueue": "not told"}
    assert draw("async", "light", changed("async", left_out=left_out), found) == drawn("async")


def test_a_new_connection_must_be_drawn_or_left_out() -> None:
    """Between two resources that are shown."""
    found = with_resource("web_api.OrdersTable", "table", ("web_api.OrdersTable", "web_api.OutcomeFunction"))
    ends = ("web_api.RelayFunction", "web_api.OutcomesQueue")
    found = Found(found.resources, {**found.between, ends: "sqs:SendMessage"})
    with pytest.raises(
        PictureError, match=r"RelayFunction > web_api\.OutcomesQueue \(sqs:SendMessage\): draw an arrow"
    ):
        draw("web_api", "light", read_pictures(), found)


@pytest.mark.parametrize("field", ["left_out", "nodes"])
def test_a_name_that_no_template_has_is_refused(field: str) -> None:
    """A resource that was renamed or removed is not drawn on."""
    one: object = {"web_api.Gone": "old"}
    if field == "nodes":
        one = {**read_pictures()["web_api"].nodes, "gone": {"is": ["web_api.Gone"], "label": ["Gone"], "at": [0, 0]}}
    with pytest.raises(PictureError, match=r"web_api\.Gone: no template has it"):
        draw("web_api", "light", changed("web_api", **{field: one}), Found.read())


def test_an_arrow_that_no_template_has_is_refused() -> None:
    """The outcome never goes straight to the bus."""
    arrows = {**read_pictures()["web_api"].arrows, "outcome > bus": {"label": "status"}}
    with pytest.raises(PictureError, match="outcome > bus: no template connects them so"):
        draw("web_api", "light", changed("web_api", arrows=arrows), Found.read())


def test_every_kind_has_a_symbol() -> None:
    """Of every type of resource that pictures show."""
    assert set(KINDS.values()) <= set(COLOURS)


@pytest.mark.parametrize(
    ("english", "message"),
    [("sign-in", "the label 'sign-in' has no translation"), ("gone", "no picture says 'gone'")],
)
def test_japanese_labels_are_those_of_the_english_pictures(
    english: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label that was added, changed or removed is noticed."""
    texts = json.loads(DATA.with_name("architecture_ja.json").read_text())
    if texts["arrows"].pop(english, None) is None:
        texts["arrows"][english] = "なし"
    (tmp_path / "architecture_ja.json").write_text(json.dumps(texts))
    pictures = read_pictures()
    monkeypatch.setattr(architecture_data, "DATA", tmp_path / "architecture.json")
    with pytest.raises(PictureError, match=message):
        draw("web_api", "light", pictures, Found.read(), "ja")
