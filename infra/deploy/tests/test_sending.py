"""Before a deployment: whether the account may send, and which configuration set its sender has by default.

The emulator has no default sets and pauses no account: the client is stubbed by the service's own model.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from patterns_deploy.mail_sender import SenderNotVerified, require_sending
from patterns_deploy.place import Place
from patterns_infra.settings import Target

ADDRESS = "orders@shop.example.com"
Answer = Mapping[str, Any] | None
MAY_SEND = {"SendingEnabled": True, "EnforcementStatus": "HEALTHY"}


@pytest.fixture
def ses() -> Iterator[Stubber]:
    """SES's second API, which answers what a test adds, in this order, to requests of the model's form."""
    client = Session().create_client(
        "sesv2", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def place(ses: Stubber) -> Place:
    """An account whose SES is the stub."""

    def client(service: str, **_: Any) -> Any:  # noqa: ANN401 - a client of any service
        assert service == "sesv2"
        return ses.client

    return Place(Target.AWS, "dev", "us-east-1", "000000000000", None, client)


def identity(ses: Stubber, name: str, answer: Answer) -> None:
    """Expect a look at an identity; None when there is none."""
    if answer is None:
        ses.add_client_error("get_email_identity", "NotFoundException", expected_params={"EmailIdentity": name})
    else:
        ses.add_response("get_email_identity", dict(answer), {"EmailIdentity": name})


@pytest.mark.parametrize(
    ("of_address", "of_domain", "expected"),
    [
        ({}, None, None),
        (None, None, None),
        (None, {}, None),
        ({"ConfigurationSetName": "usual"}, None, "usual"),
        (None, {"ConfigurationSetName": "usual"}, "usual"),
    ],
)
def test_the_senders_default_configuration_set_is_looked_up(
    ses: Stubber,
    place: Place,
    of_address: dict[str, Any] | None,
    of_domain: dict[str, Any] | None,
    expected: str | None,
) -> None:
    """The address's own identity decides, where there is one, else its domain's."""
    ses.add_response("get_account", MAY_SEND, {})
    identity(ses, ADDRESS, of_address)
    if of_address is None:
        identity(ses, "shop.example.com", of_domain)
    if expected:
        found = {"ConfigurationSetName": expected, "SendingOptions": {"SendingEnabled": True}}
        ses.add_response("get_configuration_set", found, {"ConfigurationSetName": expected})
    assert require_sending(place, ADDRESS) == expected


def test_a_default_set_that_is_gone_or_paused_is_refused(ses: Stubber, place: Place) -> None:
    """With its name and the command that gives the identity another."""
    wanted = {"ConfigurationSetName": "usual"}
    for state in ("does not exist", "has its sending paused"):
        ses.add_response("get_account", MAY_SEND, {})
        identity(ses, ADDRESS, wanted)
        if state == "does not exist":
            ses.add_client_error("get_configuration_set", "NotFoundException", expected_params=wanted)
        else:
            ses.add_response("get_configuration_set", {"SendingOptions": {"SendingEnabled": False}}, wanted)
        with pytest.raises(SenderNotVerified, match=rf"usual, the default .* {state}; .*aws sesv2 put-email-identity"):
            require_sending(place, ADDRESS)


def test_an_account_whose_sending_is_paused_is_refused(ses: Stubber, place: Place) -> None:
    """With the command that shows why."""
    ses.add_response("get_account", {"SendingEnabled": False}, {})
    with pytest.raises(SenderNotVerified, match=r"sending is paused for this account .*aws sesv2 get-account"):
        require_sending(place, ADDRESS)
