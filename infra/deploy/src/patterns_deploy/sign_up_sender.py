"""The SES identity that Cognito sends verification codes by: checked before anything is deployed.

Cognito takes one identity by its ARN, and its creation fails when SES does not know exactly that one. In SES's sandbox
it would be created, and then no customer would ever get a code
(https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html).
"""

from patterns_deploy.mail_sender import SenderNotVerified
from patterns_deploy.place import AwsClient, Place
from patterns_infra.settings import Settings

__all__ = ["require_sign_up_sender"]


def require_sign_up_sender(place: Place, settings: Settings) -> None:
    """Refuse an identity that is not verified, and in production an account that only mails addresses of its own.

    Raises:
        SenderNotVerified: naming the setting, the place and what to do.
    """
    ses = place.client("sesv2")
    identity, domain = settings.mail_identity, settings.mail_sender.rpartition("@")[2]
    if not _is_verified(ses, identity):
        if identity != domain and _is_verified(ses, domain):
            raise SenderNotVerified(
                f"setting 'sender_identity': SES in {place.region} has verified the domain {domain}, not the address "
                f"{identity}; add: --set sender_identity={domain}"
            )
        raise SenderNotVerified(
            f"setting 'sender_email': SES in {place.region} has not verified {identity}, by which Cognito would send; "
            f"begin with: aws sesv2 create-email-identity --email-identity {identity} --region {place.region}"
        )
    if settings.production and not ses.get_account()["ProductionAccessEnabled"]:
        raise SenderNotVerified(
            f"setting 'sender_email': SES in {place.region} is in the sandbox and mails verified addresses only: "
            "no customer could sign up; request production access: https://docs.aws.amazon.com/ses/latest/dg/"
            "request-production-access.html"
        )


def _is_verified(ses: AwsClient, identity: str) -> bool:
    try:
        answer = ses.get_email_identity(EmailIdentity=identity)
    except ses.exceptions.NotFoundException:
        return False
    return bool(answer["VerifiedForSendingStatus"])
