"""The address that mail comes from is verified before anything is deployed that sends."""

from typing import Any

import pytest

from patterns_deploy.mail_sender import SenderNotVerified, require_verified_sender, verify_local_sender
from patterns_deploy.place import Place
from patterns_infra.settings import Target

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration


@pytest.fixture
def place(corrected: Emulator) -> Place:
    """Return the emulator as a place to deploy to."""
    return Place(Target.AWS, "dev", "us-east-1", "000000000000", corrected.endpoint_url, corrected.client)


def test_an_address_that_nobody_verified_is_refused(place: Place) -> None:
    """With the setting's name and the command to begin with."""
    with pytest.raises(
        SenderNotVerified, match=r"^setting 'sender_email': SES in us-east-1 has verified neither"
    ) as no:
        require_verified_sender(place, "nobody@unknown.example.com")
    assert "aws sesv2 create-email-identity --email-identity nobody@unknown.example.com" in str(no.value)


def test_an_address_or_its_domain_will_do(place: Place, corrected: Emulator) -> None:
    """As SES itself sees it."""
    verify_local_sender(corrected.client("ses"), "somebody@known.example.com")
    require_verified_sender(place, "somebody@known.example.com")
    corrected.client("ses").verify_domain_identity(Domain="whole.example.com")
    require_verified_sender(place, "anybody@whole.example.com")
