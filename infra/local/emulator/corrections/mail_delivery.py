"""What a caller of SES learns of its mail, when a mail server is behind it.

The emulator answers success before it has spoken to the mail server, and keeps a refusal or an outage to itself: a
program that sends mails cannot be seen failing. Real SES takes the mail, delivers it later, and reports a bounce
later; yet it refuses what it will not send (MessageRejected), and it throttles and has outages as every service.

Corrected: a mail server behind the emulator stands for SES itself. The call answers once the server has: 5xx is
MessageRejected, 4xx is throttling, no answer is an outage of SES. Mails of other origin (Cognito's) and bulk calls
stay as they are. A mail that failed is not on the emulator's list of sent mails; a delivery notification, for
identities that have one, was sent too early all the same.

The emulator's lines about each mail are left out of its log, since they quote addresses and subject.
"""

import logging
import smtplib
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from ministack.core.concurrency import run_reentrant
from ministack.services import ses, ses_v2

__all__ = ["correct"]

_SECONDS = 10.0
"""How long a mail server may take, as in the emulator."""


class _Mail(NamedTuple):
    source: str
    to: list[str]
    message: str


_collected: ContextVar[list[_Mail] | None] = ContextVar("collected", default=None)
_in_background = ses._smtp_relay


def correct() -> None:
    """Let calls of both APIs that send one mail answer what the mail server answers."""
    for api, refuse in ((ses, _refuse_v1), (ses_v2, _refuse_v2)):
        api._smtp_relay = _relay
        api.handle_request = _answering_late(api.handle_request, refuse)
        api.logger.setLevel(logging.WARNING)


def _relay(*mail: Any) -> None:
    """Take a mail for later when a call of SES is being answered, else send it as before."""
    collected = _collected.get()
    if collected is None:
        _in_background(*mail)
    else:
        collected.append(_Mail(*mail))


def _answering_late(before: Callable[..., Awaitable[Any]], refuse: Callable[[int], Any]) -> Callable[..., Any]:
    async def handle_request(*request: Any) -> Any:
        token = _collected.set([])
        try:
            answer = await before(*request)
            mails = _collected.get() or []
        finally:
            _collected.reset(token)
        server = ses._parse_smtp_host()
        if not (mails and server):
            return answer
        if len(mails) > 1:
            for mail in mails:
                _in_background(*mail)
            return answer
        # Nothing else could run since the call was recorded.
        sent = ses._sent_emails_list()
        record = sent[-1]
        status = await run_reentrant(_send, mails[0], *server)
        if status is None:
            return answer
        sent.remove(record)
        return refuse(status)

    return handle_request


def _send(mail: _Mail, host: str, port: int) -> int | None:
    """Send a mail: None when the server took it, else its status, 0 when there was no answer."""
    content = b"\r\n".join(mail.message.encode().splitlines())
    try:
        # With a name given, smtplib does not ask the network for this machine's.
        with smtplib.SMTP(host, port, local_hostname="localhost", timeout=_SECONDS) as connection:
            connection.sendmail(mail.source, mail.to, content)
    except smtplib.SMTPRecipientsRefused as refused:
        return max(code for code, _ in refused.recipients.values())
    except smtplib.SMTPResponseException as refused:
        return refused.smtp_code
    except OSError:
        return 0
    return None


def _refuse_v1(status: int) -> Any:
    if status >= 500:  # noqa: PLR2004 - SMTP's permanent failures
        return ses._error("MessageRejected", f"The mail server answered {status}.", 400)
    if status:
        return ses._error("Throttling", f"Maximum sending rate exceeded: the mail server answered {status}.", 400)
    return ses._error("ServiceUnavailable", "The mail server does not answer.", 503)


def _refuse_v2(status: int) -> Any:
    if status >= 500:  # noqa: PLR2004 - as above
        return ses_v2._json_err("MessageRejected", f"The mail server answered {status}.", 400)
    if status:
        return ses_v2._json_err("TooManyRequestsException", f"The mail server answered {status}.", 429)
    return ses_v2._json_err("ServiceUnavailableException", "The mail server does not answer.", 503)
