"""What the customer reads: one mail for each thing that can become of an order, as text and as HTML."""

import re
from dataclasses import dataclass, field
from html import escape
from string import Template
from types import MappingProxyType

from patterns_shared.domain.catalogue import CATALOGUE
from patterns_shared.domain.errors import InvalidEvent
from patterns_shared.domain.events import Event, EventType, OrderRejectedData
from patterns_shared.domain.money import format_money

__all__ = ["Mail", "mail_about"]

# One plain address. What it keeps out would make it two, or a header of its own; SES takes ASCII only.
_ADDRESS = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63})+")

_SUBJECT_AND_MESSAGE = MappingProxyType(
    {
        EventType.ORDER_FULFILLED: (
            "Your order is on its way",
            "Thank you. We packed everything, and it is on its way.",
        ),
        EventType.ORDER_REJECTED: ("We cannot deliver your order", "We are sorry: we cannot deliver this order."),
        EventType.ORDER_CANCELLED: (
            "Your order is cancelled",
            "As you asked, we cancelled this order. Nothing is charged.",
        ),
    }
)

_TEXT = Template("""\
$message
$reason
$lines

Total: $total
Order: $order_id, placed $placed (UTC)
""")

_HTML = Template("""\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>$subject</title></head>
<body style="font-family: sans-serif; color: #222; max-width: 36em">
<h1 style="font-size: 1.3em">$subject</h1>
<p>$message</p>
$reason
<table style="border-collapse: collapse; width: 100%">
$lines
<tr><th scope="row" style="text-align: left; padding: .3em 0">Total</th>
<td style="text-align: right"><strong>$total</strong></td></tr>
</table>
<p style="color: #666">Order $order_id, placed $placed (UTC)</p>
</body>
</html>
""")

_HTML_LINE = Template("""\
<tr><td style="padding: .3em 0; border-bottom: 1px solid #ddd">$quantity &times; $product</td>
<td style="text-align: right; border-bottom: 1px solid #ddd">$amount</td></tr>""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, ready to go."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


def mail_about(event: Event) -> Mail:
    """Return the mail that tells the order's contact of this event.

    Raises:
        InvalidEvent: there is no mail about this type of event, or the contact is no address.
    """
    if event.type not in _SUBJECT_AND_MESSAGE:
        raise InvalidEvent("type", f"there is no mail about {event.type}")
    data = event.data
    if not _ADDRESS.fullmatch(data.contact.email):
        raise InvalidEvent("data.contact.email", "is no address that mail can go to")
    subject, message = _SUBJECT_AND_MESSAGE[event.type]
    reason = f"Reason: {data.reason}." if isinstance(data, OrderRejectedData) else ""
    lines = [(line.quantity, _product(line.sku), format_money(line.amount, data.currency)) for line in data.lines]
    shown = {
        "subject": subject,
        "message": message,
        "total": format_money(data.total, data.currency),
        "order_id": event.order_id,
        "placed": f"{data.placed_at:%Y-%m-%d %H:%M}",
    }
    return Mail(
        to=data.contact.email,
        subject=subject,
        text=_TEXT.substitute(
            shown,
            reason=f"{reason}\n" if reason else "",
            lines="\n".join(f"{quantity} x {product}: {amount}" for quantity, product, amount in lines),
        ),
        html=_HTML.substitute(
            {name: escape(value) for name, value in shown.items()},
            reason=f"<p>{escape(reason)}</p>" if reason else "",
            lines="\n".join(
                _HTML_LINE.substitute(quantity=quantity, product=escape(product), amount=escape(amount))
                for quantity, product, amount in lines
            ),
        ),
    )


def _product(sku: str) -> str:
    product = CATALOGUE.get(sku)
    return product.name if product else sku
