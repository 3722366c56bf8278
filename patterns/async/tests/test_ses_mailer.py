import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
)
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError

from patterns_async.adapters.ses_mailer import SesMailer
from patterns_async.application.account_faults import AccountCannotSend, AccountFault
from patterns_async.application.mail import Mail, mail_about
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_event

Client = Any
Clients = Callable[[str], Client]
SET = "patterns-mails"
SENDER = "orders@shop.example.com"
MAIL = mail_about(make_event(EventType.ORDER_FULFILLED, id="sale"))
DENIED = (
    "User `arn:aws:sts::123456789012:assumed-role/notify/notify' is not authorized to perform `ses:SendEmail' "
    "on resource `arn:aws:ses:eu-west-1:123456789012:identity/{}'"
)
FAILED = "Email address is not verified. The following identities failed the check in region US-EAST-1: "


class Ses:
    """SES that answers one error."""

    def __init__(self, error: Exception) -> None:
        """Take the error."""
        self._error = error

    def send_email(self, **_: object) -> None:
        """Fail."""
        raise self._error


def refused(code: str, text: str = "m", *, status: int = 400, mail: Mail = MAIL) -> Exception:
    """Return what the mailer makes of this answer."""
    answer: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return raised(ClientError(answer, "SendEmail"), mail=mail)


def raised(error: Exception, *, mail: Mail = MAIL) -> Exception:
    """Return what the mailer raises when the client raises this."""
    with pytest.raises((PermanentFailure, TemporarilyUnavailable)) as seen:
        SesMailer(Ses(error), SENDER, SET).send(mail)  # type: ignore[arg-type] # the part used
    return seen.value


@pytest.fixture
def ses(aws: None, clients: Clients) -> Client:  # noqa: ARG001
    """SES with a sender that it knows."""
    clients("ses").verify_email_identity(EmailAddress=SENDER)
    clients("ses").create_configuration_set(ConfigurationSet={"Name": SET})
    return clients("ses")


def test_a_mail_has_both_versions_and_one_recipient(ses: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no header that the input could inject."""
    sent: list[dict[str, Any]] = []
    real = ses.send_email

    def send_email(**mail: object) -> object:
        sent.append(mail)
        return real(**mail)

    monkeypatch.setattr(ses, "send_email", send_email, raising=False)
    SesMailer(ses, SENDER, SET).send(MAIL)
    (given_to_ses,) = sent
    assert (given_to_ses["Source"], given_to_ses["ConfigurationSetName"]) == (SENDER, SET)
    assert given_to_ses["Destination"] == {"ToAddresses": ["ada@example.com"]}
    assert given_to_ses["Message"]["Body"]["Text"]["Data"] == MAIL.text
    assert given_to_ses["Message"]["Body"]["Html"]["Data"] == MAIL.html


def test_a_sender_that_ses_does_not_know_is_the_accounts_fault(ses: Client) -> None:
    """Moto's words are the service's own: MessageRejected, which it says of bad mails, too."""
    with pytest.raises(AccountCannotSend) as held:
        SesMailer(ses, "unknown@example.com", SET).send(MAIL)
    assert held.value.fault is AccountFault.SENDER_NOT_VERIFIED


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("InvalidParameterValue", "Missing final '@domain'"),
        ("InvalidParameterValue", "Domain contains illegal character"),
        ("InvalidParameterValue", "Local address contains control or whitespace"),
        ("MessageRejected", "Address blacklisted."),
        ("MessageRejected", "Message content rejected: it has a virus"),
        ("MessageRejected", "The mail server answered 550."),
        ("ValidationError", "1 validation error detected: Value at 'destination.toAddresses' failed"),
        ("BadRequestException", "Illegal address"),
    ],
)
def test_a_recipients_fault_is_for_good_and_its_words_stay_with_the_mail(code: str, text: str) -> None:
    """What SES says may quote an address: it goes with the dead letter, and not into the log."""
    error = refused(code, text)
    assert isinstance(error, PermanentFailure)
    assert (str(error), error.detail) == (f"SES refuses the mail: {code}", text)


@pytest.mark.parametrize(
    ("code", "text", "status", "fault"),
    [
        ("MessageRejected", f"{FAILED}{SENDER}", 400, "sender_not_verified"),
        ("MessageRejected", f"{FAILED}{SENDER.upper()}", 400, "sender_not_verified"),
        ("MessageRejected", f"{FAILED}{SENDER}, {MAIL.to}", 400, "sender_not_verified"),
        ("MessageRejected", f"{FAILED}shop.example.com, {MAIL.to}", 400, "sender_not_verified"),
        ("MessageRejected", "Email address is not verified.", 400, "sender_not_verified"),
        ("MessageRejected", "Email address not verified shop@example.org", 400, "sender_not_verified"),
        ("MessageRejected", f"{FAILED}{MAIL.to}", 400, "sandbox"),
        ("MessageRejected", f"{FAILED}{MAIL.to}...", 400, "sandbox"),
        ("MessageRejected", "Account is paused", 400, "sending_paused"),
        ("MessageRejected", "Sending suspended for this account. Please check the inbox.", 400, "sending_paused"),
        ("MessageRejected", "Sending paused for this account.", 400, "sending_paused"),
        ("MailFromDomainNotVerified", "m", 400, "sender_not_verified"),
        ("MailFromDomainNotVerifiedException", "m", 400, "sender_not_verified"),
        ("InvalidParameterValue", f"Illegal address: {SENDER}", 400, "sender_not_verified"),
        ("ValidationError", "Value null at 'source' failed to satisfy constraint", 400, "sender_not_verified"),
        ("AccountSendingPausedException", "m", 400, "sending_paused"),
        ("AccountSuspendedException", "m", 400, "sending_paused"),
        ("SendingPausedException", "m", 400, "sending_paused"),
        ("ConfigurationSetSendingPausedException", "m", 400, "sending_paused"),
        ("ConfigurationSetDoesNotExist", "m", 400, "configuration_set"),
        ("InvalidParameterValue", "Configuration set <x> is not valid", 400, "configuration_set"),
        ("NotFoundException", "m", 404, "configuration_set"),
        ("Throttling", "Daily message quota exceeded.", 400, "quota_exceeded"),
        ("ThrottlingException", "Daily message quota exceeded", 400, "quota_exceeded"),
        ("LimitExceededException", "m", 400, "quota_exceeded"),
        ("TooManyRequestsException", "Daily sending quota exceeded", 429, "quota_exceeded"),
        ("AccessDenied", "m", 403, "not_allowed"),
        ("AccessDeniedException", "m", 403, "not_allowed"),
        ("AccessDenied", DENIED.format(SENDER), 403, "not_allowed"),
        ("AccessDenied", DENIED.format("shop.example.com"), 403, "not_allowed"),
        ("AccessDenied", DENIED.format("example.org"), 403, "not_allowed"),
        ("AccessDenied", DENIED.format("ada@example.org"), 403, "not_allowed"),
        ("AccessDenied", f"{DENIED.format(MAIL.to)} with an explicit deny", 403, "sandbox"),
        ("AccessDenied", DENIED.format(MAIL.to), 403, "sandbox"),
        ("AccessDeniedException", DENIED.format(MAIL.to.upper()), 403, "sandbox"),
        (
            "AccessDenied",
            f"not authorized on resource arn:aws:ses:eu-west-1:1:identity/{MAIL.to}: none",
            403,
            "sandbox",
        ),
        ("SomethingNew", DENIED.format(MAIL.to), 403, "sandbox"),
        ("AccessDenied", DENIED.format("orders").replace("identity", "configuration-set"), 403, "not_allowed"),
        ("InvalidClientTokenId", "m", 403, "not_allowed"),
        ("ExpiredTokenException", "m", 400, "not_allowed"),
        ("SomethingNew", "m", 403, "not_allowed"),
        ("SomethingNew", "m", 400, "unknown"),
        ("", "", 400, "unknown"),
    ],
)
def test_an_accounts_fault_makes_every_mail_wait_and_is_named(code: str, text: str, status: int, fault: str) -> None:
    """Also what no page of AWS mentions; and the log has no address."""
    error = refused(code, text, status=status)
    assert isinstance(error, AccountCannotSend)
    assert error.fault == fault
    assert "@" not in str(error)
    assert fault in str(error)


@pytest.mark.parametrize(
    ("recipient", "identity", "fault"),
    [
        ("ada@mail.customer.example", "customer.example", "sandbox"),
        ("ada@mail.customer.example", "mail.customer.example", "sandbox"),
        ("ada@notcustomer.example", "customer.example", "not_allowed"),
        ("Ada+orders@customer.example", "ada@customer.example", "sandbox"),
        ("ada+orders@customer.example", "ada+orders@customer.example", "sandbox"),
        ("o'hara@customer.example", "o'hara@customer.example", "sandbox"),
        ("ada@shop.example.com", "ada@shop.example.com", "sandbox"),
        ("ada@shop.example.com", "shop.example.com", "not_allowed"),
        ("ada@shop.example.com", "example.com", "not_allowed"),
        ("ada@example.com", "example.com", "not_allowed"),
        (SENDER, SENDER, "not_allowed"),
    ],
)
def test_a_right_to_the_recipients_identity_is_needed_in_the_sandbox_only(
    recipient: str, identity: str, fault: str
) -> None:
    """The recipient's are the address, also without its label, and its domains; what is the sender's, too, is not."""
    mail = Mail(to=recipient, subject="s", text="t", html="h")
    error = refused("AccessDenied", DENIED.format(identity), status=403, mail=mail)
    assert isinstance(error, AccountCannotSend)
    assert error.fault == fault


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        ("Throttling", "Maximum sending rate exceeded.", 400),
        ("TooManyRequestsException", "m", 429),
        ("ServiceUnavailable", "m", 503),
        ("InternalFailure", "m", 500),
    ],
)
def test_what_passes_by_itself_is_neither_fault(code: str, text: str, status: int) -> None:
    """It raises no alarm, and is tried again soon."""
    assert type(refused(code, text, status=status)) is TemporarilyUnavailable


@pytest.mark.parametrize("text", ["Illegal address: suspended.quota@paused.example.com", "Address blacklisted."])
def test_an_address_is_not_taken_for_the_services_words(text: str) -> None:
    """Customers may choose theirs."""
    mail = Mail(to="suspended.quota@paused.example.com", subject="s", text="t", html="h")
    assert isinstance(refused("InvalidParameterValue", text, mail=mail), PermanentFailure)


def test_lost_connections_pass_and_missing_credentials_do_not() -> None:
    """The one is tried again soon, the other waits for a person."""
    for lost in (
        ConnectTimeoutError(endpoint_url="x"),
        EndpointConnectionError(endpoint_url="x"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        CredentialRetrievalError(provider="x", error_msg="x"),
        ResponseParserError("a page of something in between"),
    ):
        assert type(raised(lost)) is TemporarilyUnavailable
    error = raised(NoCredentialsError())
    assert isinstance(error, AccountCannotSend)
    assert error.fault is AccountFault.UNKNOWN


@pytest.mark.parametrize("api", ["ses", "sesv2"])
def test_every_error_that_ses_declares_is_classified(clients: Clients, api: str) -> None:
    """None of the service's model is left to the rule for unknown ones."""
    model: ServiceModel = clients(api).meta.service_model
    shapes: list[Any] = model.operation_model("SendEmail").error_shapes
    declared = {shape.error_code for shape in shapes}
    assert declared
    for code in declared:
        error = refused(code)
        assert not (isinstance(error, AccountCannotSend) and error.fault is AccountFault.UNKNOWN), code


def test_every_fault_says_what_to_do() -> None:
    """The stack makes an alarm of each entry, whose description this is."""
    advice = json.loads(Path(__file__).parents[1].joinpath("account_faults.json").read_text())
    assert list(advice) == [fault.value for fault in AccountFault]
    assert all(len(text) > 60 for text in advice.values())
