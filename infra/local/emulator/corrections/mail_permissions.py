"""What a role must be allowed to do to send a mail.

AWS checks ``ses:SendEmail`` on the identity that the mail comes from; the emulator looks for the address in another
parameter, finds none and asks for every resource, so that it refuses a role that may send from one address.
https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

from typing import Any

from ministack.core import iam_actions

__all__ = ["correct"]


def correct() -> None:
    """Check a mail on its sender's identity, and everything else as before."""
    before = iam_actions.extract_resource_arn

    def resource_arn(service: str, *request: Any) -> str:
        found: str = before(service, *request)
        *_, query, region, account_id = request
        sender = _sender(query) if service == "ses" and found == "*" else ""
        return f"arn:aws:ses:{region}:{account_id}:identity/{sender}" if sender else found

    iam_actions.extract_resource_arn = resource_arn


def _sender(query: Any) -> str:
    """Return the address alone: "Shop <orders@example.com>" is sent from the one in the brackets."""
    source: str = iam_actions._query_param(query, "Source")
    return source.rpartition("<")[2].rstrip("> ")
