"""What the API shows: JSON for orders and products, and the entity tags that go with it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.orders import Order

__all__ = ["json_response", "order_etag", "order_json", "products_page"]


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: ``json.dumps`` makes an encoder for each call with other than its default separators."""


def order_json(order: Order) -> dict[str, Any]:
    """Return the order as its owner sees it: without the contact, which the owner knows."""
    return {
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "status": order.status.value,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price, "amount": line.amount}
            for line in order.lines
        ],
        "currency": order.currency,
        "total": order.total,
        "placed_at": order.placed_at.isoformat(),
        "order_version": order.order_version,
    }


def order_etag(order: Order) -> str:
    """Return the entity tag of the order's version, to be sent back in ``If-Match``."""
    return f'"{order.order_version}"'


def json_response(document: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response. The documents are ours and plain: no encoder looks for other types."""
    return Response(_encode(document), status_code=status, headers=headers, media_type="application/json")


def products_page() -> tuple[bytes, str]:
    """Return the catalogue as JSON, and its strong entity tag: it changes when a product or a price does."""
    products = [
        {"sku": p.sku, "name": p.name, "unit_price": p.unit_price, "currency": p.currency} for p in CATALOGUE.values()
    ]
    page = _encode({"products": products}).encode()
    return page, f'"{hashlib.sha256(page).hexdigest()[:32]}"'
