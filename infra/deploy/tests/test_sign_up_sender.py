"""Cognito's sender is verified, and may write to customers, before a user pool is deployed that sends by it."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from patterns_deploy.mail_sender import SenderNotVerified
from patterns_deploy.place import Place
from patterns_deploy.sign_up_sender import require_sign_up_sender
from patterns_infra.settings import Settings

VALUES = {
    "target": "aws",
    "stage": "production",
    "site_origin": "https://shop.example.com",
    "alarm_email": "operators@example.com",
    "sender_email": "orders@shop.example.com",
}
ADDRESS, DOMAIN = "orders@shop.example.com", "shop.example.com"


def check(verified: dict[str, bool], *, sandbox: bool = False, **more: str) -> None:
    """Check against an account of SES with these identities; every call is held against the service's model."""
    client: Any = boto3.client("sesv2", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    settings = Settings.from_mapping({**VALUES, **more})
    stubber = Stubber(client)
    asked = [settings.mail_identity]
    if not verified.get(asked[0]) and asked[0] != DOMAIN:
        asked.append(DOMAIN)
    for identity in asked:
        if identity in verified:
            answer = {"VerifiedForSendingStatus": verified[identity]}
            stubber.add_response("get_email_identity", answer, {"EmailIdentity": identity})
        else:
            stubber.add_client_error("get_email_identity", "NotFoundException", http_status_code=404)
    if settings.production and verified.get(settings.mail_identity):
        stubber.add_response("get_account", {"ProductionAccessEnabled": not sandbox}, {})
    with stubber:
        require_sign_up_sender(
            Place(settings.target, settings.stage, "us-east-1", "123456789012", None, lambda _: client), settings
        )
        stubber.assert_no_pending_responses()


def test_a_verified_address_or_domain_may_send() -> None:
    """The identity that the settings name is the one that is asked about."""
    check({ADDRESS: True})
    check({DOMAIN: True}, sender_identity=DOMAIN)


def test_an_unknown_address_is_refused_with_the_command_to_begin_with() -> None:
    """And so is one whose mail was never answered."""
    for verified in ({}, {ADDRESS: False}, {ADDRESS: False, DOMAIN: False}):
        with pytest.raises(SenderNotVerified, match=r"^setting 'sender_email': SES in us-east-1 has not") as no:
            check(verified)
        assert f"aws sesv2 create-email-identity --email-identity {ADDRESS} --region us-east-1" in str(no.value)


def test_a_verified_domain_is_named_by_the_setting_that_takes_it() -> None:
    """SES sends for every address of a domain, but Cognito asks for the identity itself."""
    with pytest.raises(SenderNotVerified, match=f"--set sender_identity={DOMAIN}$"):
        check({DOMAIN: True})


def test_production_is_not_deployed_to_the_sandbox() -> None:
    """There SES mails verified addresses only: no customer would get a code. Other stages may try it out so."""
    with pytest.raises(SenderNotVerified, match="is in the sandbox"):
        check({ADDRESS: True}, sandbox=True)
    check({ADDRESS: True}, sandbox=True, stage="dev")
