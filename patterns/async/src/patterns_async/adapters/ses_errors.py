"""Whose fault it is that SES does not send a mail: the mail's own, the account's, or a passing one.

Only what is known to be the mail's own fault is for good. An error that is not listed anywhere is the account's: its
mails wait, and an alarm asks for a person, where a dead letter for each mail would only be work.

SES says MessageRejected and InvalidParameterValue of both, so their text decides. Codes and texts:
https://docs.aws.amazon.com/ses/latest/APIReference/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html,
https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html,
https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html
"""

import re

from botocore.exceptions import ClientError

from patterns_async.application.account_faults import AccountCannotSend, AccountFault
from patterns_async.application.mail import Mail
from patterns_shared.adapters.client_errors import error_code, is_transient
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable

__all__ = ["DEPENDENCY", "error_of_mail"]

DEPENDENCY = "mail"

_ABOUT_THE_MAIL = frozenset(
    {"BadRequestException", "InvalidParameterValue", "MessageRejected", "ValidationError", "ValidationException"}
)
_BY_CODE = {
    "AccountSendingPaused": AccountFault.SENDING_PAUSED,
    "AccountSuspended": AccountFault.SENDING_PAUSED,
    "ConfigurationSetSendingPaused": AccountFault.SENDING_PAUSED,
    "SendingPaused": AccountFault.SENDING_PAUSED,
    "ConfigurationSetDoesNotExist": AccountFault.CONFIGURATION_SET,
    "NotFound": AccountFault.CONFIGURATION_SET,
    "MailFromDomainNotVerified": AccountFault.SENDER_NOT_VERIFIED,
    "FromEmailAddressNotVerified": AccountFault.SENDER_NOT_VERIFIED,
    "LimitExceeded": AccountFault.QUOTA_EXCEEDED,
    "AccessDenied": AccountFault.NOT_ALLOWED,
    "ExpiredToken": AccountFault.NOT_ALLOWED,
    "IncompleteSignature": AccountFault.NOT_ALLOWED,
    "InvalidClientTokenId": AccountFault.NOT_ALLOWED,
    "InvalidSignature": AccountFault.NOT_ALLOWED,
    "MissingAuthenticationToken": AccountFault.NOT_ALLOWED,
    "NotAuthorized": AccountFault.NOT_ALLOWED,
    "OptInRequired": AccountFault.NOT_ALLOWED,
    "SignatureDoesNotMatch": AccountFault.NOT_ALLOWED,
    "UnauthorizedOperation": AccountFault.NOT_ALLOWED,
    "UnrecognizedClient": AccountFault.NOT_ALLOWED,
}
"""Codes of both APIs, without the ``Exception`` that some have at their end."""

_FORBIDDEN = (401, 403)
_BY_TEXT = (
    # "Daily message quota exceeded" comes as Throttling, which passes within seconds when it is about the rate.
    (re.compile(r"quota|sending limit"), AccountFault.QUOTA_EXCEEDED),
    (re.compile(r"paused|suspend|disabled|under review|shut ?down"), AccountFault.SENDING_PAUSED),
    (re.compile(r"configuration ?set"), AccountFault.CONFIGURATION_SET),
    (re.compile(r"not authorized|access denied"), AccountFault.NOT_ALLOWED),
)
_NOT_VERIFIED = re.compile(r"not (?:been )?verified|failed the check|unverified")
_DENIED_IDENTITY = re.compile(r"\bidentity/(\S+)")
_OF_THE_SENDER = re.compile(r"\b(?:source|sender|return-?path|from (?:address|header))\b")


def error_of_mail(error: ClientError, *, sender: str, mail: Mail) -> Exception:
    """Return what a refused call means: PermanentFailure, AccountCannotSend or TemporarilyUnavailable.

    The service's own words may quote addresses: a permanent failure keeps them as its detail, which stays with the
    message; an error that waits has the code alone, since it is logged.
    """
    code, text = error_code(error), str(error.response.get("Error", {}).get("Message", ""))
    fault = _fault(code, text, sender=sender, recipient=mail.to)
    if fault is AccountFault.NOT_ALLOWED and _denies_recipient(text, sender=sender, recipient=mail.to):
        fault = AccountFault.SANDBOX
    if fault is not None:
        return AccountCannotSend(fault, code)
    if is_transient(error):
        return TemporarilyUnavailable(DEPENDENCY)
    if code in _ABOUT_THE_MAIL:
        return PermanentFailure(f"SES refuses the mail: {code}", detail=text)
    forbidden = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _FORBIDDEN
    return AccountCannotSend(AccountFault.NOT_ALLOWED if forbidden else AccountFault.UNKNOWN, code)


def _fault(code: str, text: str, *, sender: str, recipient: str) -> AccountFault | None:
    by_code = _BY_CODE.get(code.removesuffix("Exception"))
    if by_code is not None:
        return by_code
    text, sender, recipient = text.casefold(), sender.casefold(), recipient.casefold()
    others = text.replace(recipient, "")
    # What SES quotes must not be taken for its own words: an address may have "suspended" in it.
    words = others.replace(sender, "")
    if _NOT_VERIFIED.search(words):
        in_sandbox = others != text and sender.rpartition("@")[2] not in others
        return AccountFault.SANDBOX if in_sandbox else AccountFault.SENDER_NOT_VERIFIED
    for pattern, fault in _BY_TEXT:
        if pattern.search(words):
            return fault
    if code in _ABOUT_THE_MAIL and (sender in others or _OF_THE_SENDER.search(words)):
        return AccountFault.SENDER_NOT_VERIFIED
    return None


def _denies_recipient(text: str, *, sender: str, recipient: str) -> bool:
    """Whether the right that is missing is one to the recipient's identity, which only the sandbox asks for.

    There SES authorizes the call for each verified identity in it, the recipients' included.
    """
    denied = _DENIED_IDENTITY.search(text)
    name = denied[1].casefold().rstrip("'`\".,:;") if denied else ""
    return name in _identities(recipient) - _identities(sender)


def _identities(address: str) -> set[str]:
    """Return the names of the identities that may cover an address: itself, without its label, its domains.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    local, _, domain = address.casefold().rpartition("@")
    labels = domain.split(".")
    domains = {".".join(labels[n:]) for n in range(len(labels))}
    return domains | {f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"}
