"""Mistakes of whoever writes a stack are said while it is synthesized."""

import json

import pytest
from aws_cdk import App, Stack

from patterns_infra.constructs.common.published_names import PublishedNames
from patterns_infra.constructs.web_api.request_schema import MissingSchema, request_schema
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.orders import MAX_LINES, MAX_QUANTITY


@pytest.mark.parametrize("missing", PATTERNS["web_api"].outputs)
def test_a_promised_name_is_not_published(missing: str) -> None:
    """The stack publishes what the registry promises, no less."""
    values = {key: "value" for key in PATTERNS["web_api"].outputs if key != missing}
    with pytest.raises(ValueError, match=r"web_api publishes .* but its registry entry says"):
        PublishedNames(Stack(App()), "Names", settings=Settings(), pattern=PATTERNS["web_api"], values=values)


def test_a_name_is_published_that_nobody_knows() -> None:
    """The stack publishes what the registry promises, no more."""
    values = dict.fromkeys((*PATTERNS["web_api"].outputs, "colour"), "value")
    with pytest.raises(ValueError, match="'colour'"):
        PublishedNames(Stack(App()), "Names", settings=Settings(), pattern=PATTERNS["web_api"], values=values)


def test_the_application_has_not_written_its_schema() -> None:
    """The error names the command that writes it."""
    with pytest.raises(MissingSchema) as caught:
        request_schema(PATTERNS["web_api"], "cancel_order")
    assert str(caught.value) == (
        "patterns/web_api/schemas/cancel_order.json is missing; write it: "
        "uv run --package patterns-web-api python -m patterns_web_api.schemas"
    )


def test_the_firewall_lets_the_largest_order_through() -> None:
    """The firewall's common rules refuse bodies over 8 KB: the largest order that the shop takes is well below."""
    line = {"sku": max(CATALOGUE, key=len), "quantity": MAX_QUANTITY}
    assert len(json.dumps({"lines": [line] * MAX_LINES}, indent=2)) < 8192


def test_the_repository_is_found_from_the_package() -> None:
    """Commands work from any folder."""
    assert (REPOSITORY / "infra" / "cdk" / "app.py").is_file()
