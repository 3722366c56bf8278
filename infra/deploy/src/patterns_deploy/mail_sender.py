"""The address that mail is sent from: SES must know that it is ours before anything is deployed that sends.

Like the CDK's bootstrap it belongs to the account and not to a stack: an identity is verified by a person who reads a
mail or changes a domain, and other programs of the account may use it, too.
"""

from patterns_deploy.place import AwsClient, Place

__all__ = ["SenderNotVerified", "require_sending", "require_verified_sender", "verify_local_sender"]


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


def require_sending(place: Place, address: str) -> str | None:
    """Return the default configuration set of the sender's identity, None where it has none.

    SES checks a role's right to send on the identity and on the configuration set.

    Raises:
        SenderNotVerified: the account's sending is paused, or that default set is paused or gone.
    """
    ses = place.client("sesv2")
    if not ses.get_account().get("SendingEnabled", True):
        raise SenderNotVerified(
            f"setting 'sender_email': sending is paused for this account in {place.region}; see why: "
            f"aws sesv2 get-account --region {place.region}"
        )
    name = _default_configuration_set(ses, address)
    if not name:
        return None
    try:
        found = ses.get_configuration_set(ConfigurationSetName=name)
    except ses.exceptions.NotFoundException:
        state = "does not exist"
    else:
        if found.get("SendingOptions", {}).get("SendingEnabled", True):
            return name
        state = "has its sending paused"
    raise SenderNotVerified(
        f"setting 'sender_email': {name}, the default configuration set of {address}, {state}; give it another: "
        f"aws sesv2 put-email-identity-configuration-set-attributes --email-identity {address} --region {place.region}"
    )


def _default_configuration_set(ses: AwsClient, address: str) -> str | None:
    """Return that of the address's own identity, else of its domain's: SES takes the most specific one."""
    for identity in (address, address.rpartition("@")[2]):
        try:
            answer = ses.get_email_identity(EmailIdentity=identity)
        except ses.exceptions.NotFoundException:
            continue
        return answer.get("ConfigurationSetName") or None
    return None


def verify_local_sender(ses: AwsClient, address: str) -> None:
    """Do on the local platform what the person at the mailbox does on AWS."""
    ses.verify_email_identity(EmailAddress=address)
