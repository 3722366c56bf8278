"""The address that mail is sent from: SES must know that it is ours before anything is deployed that sends.

Like the CDK's bootstrap it belongs to the account and not to a stack: an identity is verified by a person who reads a
mail or changes a domain, and other programs of the account may use it, too.
"""

from patterns_infra.place import AwsClient, Place

__all__ = ["SenderNotVerified", "require_verified_sender", "verify_local_sender"]


class SenderNotVerified(Exception):
    """SES would refuse every mail; the text is one line that says what to do."""


def require_verified_sender(place: Place, address: str) -> None:
    """Refuse an address of which SES knows neither the whole nor the domain.

    Raises:
        SenderNotVerified: naming the setting, the place and the command that begins the verification.
    """
    identities = [address, address.rpartition("@")[2]]
    answer = place.client("ses").get_identity_verification_attributes(Identities=identities)
    if not any(found["VerificationStatus"] == "Success" for found in answer["VerificationAttributes"].values()):
        raise SenderNotVerified(
            f"setting 'sender_email': SES in {place.region} has verified neither {address} nor its domain; begin with: "
            f"aws sesv2 create-email-identity --email-identity {address} --region {place.region}"
        )


def verify_local_sender(ses: AwsClient, address: str) -> None:
    """Do on the local platform what the person at the mailbox does on AWS."""
    ses.verify_email_identity(EmailAddress=address)
