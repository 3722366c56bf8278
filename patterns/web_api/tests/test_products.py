"""The catalogue."""

from collections.abc import Callable

import pytest

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_web_api.testing import Shop


def test_everybody_sees_every_product(shop: Shop) -> None:
    """With no token, in the catalogue's order, and nothing but what the page needs."""
    answer = shop.send("GET", "/products", by=None)

    assert answer.status == 200
    assert [product["sku"] for product in answer.json["products"]] == list(CATALOGUE)
    assert answer.json["products"][0] == {
        "sku": "TEA-ASSAM-100",
        "name": "Assam black tea, 100 g",
        "unit_price": 690,
        "currency": "EUR",
    }


def test_the_catalogue_may_be_kept_for_five_minutes(shop: Shop) -> None:
    """By browsers and by the gateway's cache."""
    assert shop.send("GET", "/products").headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{} ', "*"])
def test_who_has_the_catalogue_is_not_sent_it_again(shop: Shop, form: str) -> None:
    """304 with the same headers and no body; tags are compared weakly."""
    full = shop.send("GET", "/products")

    again = shop.send("GET", "/products", headers={"If-None-Match": form.format(full.headers["etag"])})

    assert (again.status, again.body) == (304, "")
    assert "content-type" not in again.headers
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == full.headers[name]


@pytest.mark.parametrize("tag", ['"other"', "", "garbage", '"*"', "W/", ",", "é"])
def test_who_has_another_version_gets_this_one(shop: Shop, tag: str) -> None:
    """200; a malformed condition is no condition."""
    assert shop.send("GET", "/products", headers={"If-None-Match": tag}).status == 200


def test_the_tag_is_strong_and_the_same_in_every_environment(make_shop: Callable[..., Shop]) -> None:
    """Two functions side by side must not make a client fetch the same page twice."""
    tags = {make_shop().send("GET", "/products").headers["etag"] for _ in range(2)}

    assert len(tags) == 1
    assert tags.pop().startswith('"')
