from website.building import REPOSITORY
from website.reference import events_page, openapi_page, python_pages


def test_each_field_of_an_event_has_a_row() -> None:
    """Those of objects and lists with their path, with type, limits and description."""
    _, _, fulfilled = events_page(REPOSITORY / "docs/events").partition("## OrderFulfilled")
    assert '| `type` | `"OrderFulfilled"` |  |' in fulfilled
    assert "| `data.lines[].quantity` | integer, at least 1, at most 9007199254740991 |  |" in fulfilled
    assert "| `data.contact` | object | Whom to write to about the order." in fulfilled


def test_each_operation_of_the_web_api_is_described() -> None:
    """With parameters, body and answers, which lead to their schemas."""
    page = openapi_page()
    for heading in ("GET /products", "POST /orders", "GET /orders", "GET /orders/{order_id}", "GET /health"):
        assert f"\n## {heading}\n" in page
    assert "| `Idempotency-Key` | header | string | Names this request for 24 hours" in page
    assert "| 201 | [OrderDocument](#orderdocument) | The new order. |" in page
    assert "\n### OrderDocument\n" in page


def test_each_module_of_the_shared_package_has_a_place() -> None:
    """Below its layer."""
    pages = python_pages(REPOSITORY / "shared/src/patterns_shared")
    assert "::: patterns_shared.domain.orders" in pages["reference/python/domain.md"]
    assert "::: patterns_shared.ports" in pages["reference/python/ports.md"]
