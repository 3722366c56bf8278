"""The plots of costs: up to date, the same bytes again, readable on light and dark pages, and nothing but a drawing."""

from xml.etree import ElementTree as ET

import pytest
from pictures.__main__ import FOLDER
from pictures.crossovers import PLOTS, STYLES, draw

from patterns_cli.costs.fulfilment import DESCRIPTIONS
from patterns_infra.paths import REPOSITORY

pytestmark = pytest.mark.integration
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("colours", STYLES)
@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_what_the_costs_give(name: str, colours: str) -> None:
    """Change a price, an input or a template, and draw them again: ``python -m pictures.crossovers``."""
    assert (FOLDER / f"{name}-{colours}.svg").read_text() == draw(name, colours)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_has_no_program_and_loads_nothing(name: str) -> None:
    """No script, no font, no picture from elsewhere."""
    text = draw(name, "light")
    tags = {element.tag for element in ET.fromstring(text).iter()}  # noqa: S314 - our own drawing
    assert tags.isdisjoint({f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"})
    assert "http" not in text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("name", PLOTS)
def test_light_and_dark_differ_by_colours_alone(name: str) -> None:
    """The same figures stand on both."""
    light, dark = (ET.fromstring(draw(name, colours)) for colours in STYLES)  # noqa: S314 - our own drawing
    assert [x.text for x in light.iter(f"{SVG}text")] == [x.text for x in dark.iter(f"{SVG}text")]
    assert draw(name, "light") != draw(name, "dark")


def test_every_compute_has_a_line() -> None:
    """With its name in the legend."""
    text = draw("cost-crossovers", "light")
    assert all(f">{name}</text>" in text for name in DESCRIPTIONS.values())


def test_the_page_shows_every_plot() -> None:
    """Light by default, dark where the reader prefers it."""
    page = (REPOSITORY / "docs" / "costs.md").read_text()
    for name in PLOTS:
        assert f'srcset="pictures/{name}-dark.svg"' in page
        assert f'src="pictures/{name}-light.svg"' in page
