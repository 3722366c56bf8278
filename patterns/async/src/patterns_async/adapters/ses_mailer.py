"""Mail through SES, by its first API: the second one does the same, and costs 30 ms more of every cold start."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from patterns_async.application.mail import Mail
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable
from patterns_shared.domain.errors import PermanentFailure

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_ses import SESClient

__all__ = ["SesMailer"]

# https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html: this mail, not the account, is at fault.
_REFUSED = frozenset({"MessageRejected", "InvalidParameterValue", "ValidationError"})


class SesMailer:
    """Sends from one address."""

    def __init__(self, client: "SESClient", sender: str) -> None:
        """Keep the client and the address; nothing is called yet."""
        self._client = client
        self._sender = sender

    def send(self, mail: Mail) -> None:
        """Send one mail; a mail that SES refuses fails for good, an account that may not send does not."""
        try:
            with transient_as_unavailable("mail"):
                self._client.send_email(
                    Source=self._sender,
                    Destination={"ToAddresses": [mail.to]},
                    Message={
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                    },
                )
        except ClientError as error:
            if error_code(error) not in _REFUSED:
                raise
            # The service's own words may quote the address: they go beside the mail, not into a log.
            message = str(error.response.get("Error", {}).get("Message", ""))
            raise PermanentFailure(f"SES refuses the mail: {error_code(error)}", detail=message) from None
