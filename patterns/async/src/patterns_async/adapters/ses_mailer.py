"""Mail through SES, by its first API: the second one does the same, and costs 30 ms more of every cold start."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from patterns_async.adapters.ses_errors import DEPENDENCY, error_of_mail
from patterns_async.application.account_faults import AccountCannotSend, AccountFault
from patterns_async.application.mail import Mail
from patterns_shared.adapters.client_errors import TRANSIENT
from patterns_shared.domain.errors import TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_ses import SESClient

__all__ = ["SesMailer"]


class SesMailer:
    """Sends from one address, through one configuration set, which reports bounces and complaints."""

    def __init__(self, client: "SESClient", sender: str, configuration_set: str) -> None:
        """Keep the client and the names; nothing is called yet."""
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> None:
        """Send one mail.

        Raises:
            PermanentFailure: SES refuses this very mail.
            AccountCannotSend: SES refuses every mail of this account, or answers what is not known here.
            TemporarilyUnavailable: SES is throttled or down.
        """
        try:
            self._send(mail)
        except ClientError as error:
            raise error_of_mail(error, sender=self._sender, mail=mail) from None
        except TRANSIENT as error:
            raise TemporarilyUnavailable(DEPENDENCY) from error
        except BotoCoreError as error:  # no credentials, say: its text may quote what was sent
            raise AccountCannotSend(AccountFault.UNKNOWN, type(error).__name__) from None

    def _send(self, mail: Mail) -> None:
        self._client.send_email(
            Source=self._sender,
            ConfigurationSetName=self._configuration_set,
            Destination={"ToAddresses": [mail.to]},
            Message={
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
            },
        )
