"""What a caller of SES learns of its mail.

Each test sees a mail server's answer come through a corrected emulator, and success in the emulator as it comes from
PyPI. When a newer version tells the caller, the second half fails: the correction can go.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.runner import Runner
from patterns_local.emulator import Emulator as Process
from patterns_local.emulator_environment import prepare_environment
from patterns_local.local_aws import client_for
from patterns_local.mail.mailbox import mail_files, read_mail
from patterns_local.mail.switch import MailMode, switch_mail

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

SENDER = "shop@example.com"


@pytest.fixture(autouse=True)
def _well(corrected: Emulator, uncorrected: Emulator) -> Iterator[None]:
    """Let both mail servers be well before and after."""
    for emulator in (corrected, uncorrected):
        emulator.client("ses").verify_email_identity(EmailAddress=SENDER)
    yield
    for emulator in (corrected, uncorrected):
        switch_mail(emulator.mails, MailMode.ACCEPT)


def _send(emulator: Emulator, subject: str, to: str = "ada@example.com") -> dict[str, Any]:
    """Send by SES's first API, as the notify function does; what the caller gets."""
    client = emulator.client("ses")
    body = {"Text": {"Data": "Grüße\n.\nnach einem Punkt"}, "Html": {"Data": "<p>Grüße</p>"}}
    message = {"Subject": {"Data": subject}, "Body": body}
    try:
        return dict(client.send_email(Source=SENDER, Destination={"ToAddresses": [to]}, Message=message))
    except ClientError as error:
        return dict(error.response)


def _send_v2(emulator: Emulator, subject: str) -> dict[str, Any]:
    """Send by the second API."""
    content = {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "hello"}}}}
    destination = {"ToAddresses": ["ada@example.com"]}
    try:
        client = emulator.client("sesv2")
        return dict(client.send_email(FromEmailAddress=SENDER, Destination=destination, Content=content))
    except ClientError as error:
        return dict(error.response)


def _outcome(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer.get("Error", {}).get("Code", "")


def _subjects(emulator: Emulator) -> list[str]:
    return [read_mail(path).subject for path in mail_files(emulator.mails)]


def test_a_mail_is_a_file_once_the_call_returns(corrected: Emulator) -> None:
    """With everything that the caller wrote, letters beyond ASCII and lines of one dot included."""
    answer = _send(corrected, "Größe L ist da")
    mail = read_mail(mail_files(corrected.mails)[-1])
    assert (mail.to, mail.sender, mail.subject) == (("ada@example.com",), SENDER, "Größe L ist da")
    assert mail.text.splitlines() == ["Grüße", ".", "nach einem Punkt"]
    assert mail.html.strip() == "<p>Grüße</p>"
    assert answer["MessageId"] in mail.path.read_text()


@pytest.mark.parametrize(
    ("mode", "first", "second"),
    [
        (MailMode.REFUSE, (400, "MessageRejected"), (400, "MessageRejected")),
        (MailMode.REFUSE_FOR_NOW, (400, "Throttling"), (429, "TooManyRequestsException")),
        (MailMode.DROP, (503, "ServiceUnavailable"), (503, "ServiceUnavailableException")),
    ],
)
def test_a_mail_server_that_fails_is_seen_by_the_caller(
    corrected: Emulator, uncorrected: Emulator, mode: MailMode, first: tuple[int, str], second: tuple[int, str]
) -> None:
    """As a refusal, as throttling, as an outage; by itself the emulator tells of success."""
    for emulator in (corrected, uncorrected):
        switch_mail(emulator.mails, mode)
    before = {emulator: _sent(emulator) for emulator in (corrected, uncorrected)}
    assert _outcome(_send(corrected, f"v1 {mode}")) == first
    assert _outcome(_send_v2(corrected, f"v2 {mode}")) == second
    assert _outcome(_send(uncorrected, f"v1 {mode}")) == (200, "")
    kept = _subjects(corrected)
    assert (f"v1 {mode}" in kept, f"v2 {mode}" in kept) == ((mode is MailMode.DROP,) * 2)
    assert [_sent(emulator) - count for emulator, count in before.items()] == [0, 1]


def _sent(emulator: Emulator) -> int:
    """Return how many mails SES counts as sent."""
    return int(emulator.client("ses").get_send_quota()["SentLast24Hours"])


def test_a_mail_server_that_takes_its_time_is_waited_for(corrected: Emulator) -> None:
    """Until it answers, other calls are served."""
    switch_mail(corrected.mails, MailMode.SLOW, delay_seconds=1.0)
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(_send, corrected, "slow")
        corrected.client("sts").get_caller_identity()
        assert not answer.done()
        assert _outcome(answer.result()) == (200, "")
    assert _subjects(corrected)[-1] == "slow"


def test_a_mail_server_that_is_gone_is_an_outage(folder: LocalFolder) -> None:
    """As is one that closes the connection."""
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    nobody = f"127.0.0.1:{choose_port(folder.mail_port)}"
    with Process(folder, python, choose_port(folder.port), mail_server=nobody) as emulator:
        emulator.wait_ready(abandoned=lambda: False)
        client = client_for("ses", emulator.endpoint_url)
        client.verify_email_identity(EmailAddress=SENDER)
        message = {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            client.send_email(Source=SENDER, Destination={"ToAddresses": ["ada@example.com"]}, Message=message)


def test_mails_of_a_bulk_call_go_out_as_before(corrected: Emulator, eventually: Eventually) -> None:
    """Each is answered for itself there, which a refusal of one would have to respect."""
    ses = corrected.client("ses")
    ses.create_template(Template={"TemplateName": "t", "SubjectPart": "bulk {{n}}", "TextPart": "x"})
    to = [
        {"Destination": {"ToAddresses": [f"{n}@example.com"]}, "ReplacementTemplateData": f'{{"n": "{n}"}}'}
        for n in "ab"
    ]
    ses.send_bulk_templated_email(Source=SENDER, Template="t", DefaultTemplateData="{}", Destinations=to)
    assert eventually(lambda: {"bulk a", "bulk b"} <= set(_subjects(corrected)))


def test_no_address_is_in_the_emulators_log(corrected: Emulator, uncorrected: Emulator, eventually: Eventually) -> None:
    """Nor what a mail is about."""
    for emulator in (corrected, uncorrected):
        _send(emulator, "a secret subject", to="grace@example.com")
    assert eventually(lambda: "grace@example.com" in uncorrected.log.read_text())
    assert "grace@example.com" not in corrected.log.read_text()
    assert "a secret subject" not in corrected.log.read_text()
