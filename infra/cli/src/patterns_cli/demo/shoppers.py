"""People who sign up and sign in through Cognito as a browser would: the password never leaves this process.

The one step that a person does by mail is done by the administrator here: AdminConfirmSignUp stands in for the
code that the mail brings. So whoever signs people up needs the administrator's client; signing in needs nobody's.
"""

import secrets
import string
import threading
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

__all__ = ["Shopper", "new_password", "remove", "renew", "sign_in", "sign_up"]

_PASSWORD_LENGTH = 20
_filtering_warnings = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shopper:
    """Somebody who is signed in. Secrets stay out of its text, so that a failing check never prints one.

    Attributes:
        email: what they sign in with.
        sub: their id in the pool, the ``customer_id`` of their orders.
        id_token: what the API takes.
        access_token: what Cognito takes, and the API must refuse.
        refresh: the refresh token, good for new ID and access tokens.
        password: what they sign in with, made up for them.
    """

    email: str
    sub: str
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh: str = field(repr=False)
    password: str = field(repr=False)


def new_password() -> str:
    """Return a random password that the pool's policy accepts: every class of character is in it."""
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!%*+-=?@^_")
    everything = "".join(classes)
    characters = [secrets.choice(each) for each in classes]
    characters += [secrets.choice(everything) for _ in range(_PASSWORD_LENGTH - len(classes))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def sign_up(
    cognito_client: "CognitoIdentityProviderClient",
    user_pool_id: str,
    client_id: str,
    email: str,
    *,
    group: str | None = None,
    password: str | None = None,
) -> Shopper:
    """Sign up, confirm, join the group, and sign in, so that the tokens name the group.

    Args:
        cognito_client: the administrator's client.
        user_pool_id: the pool.
        client_id: the pool's client, which may use SRP.
        email: a new address in the pool.
        group: a group of the pool to join.
        password: chosen, or else made up.

    Raises:
        botocore.exceptions.ClientError: Cognito refused a step.
    """
    password = password or new_password()
    cognito_client.sign_up(
        ClientId=client_id,
        Username=email,
        Password=password,
        UserAttributes=[{"Name": "email", "Value": email}],
    )
    cognito_client.admin_confirm_sign_up(UserPoolId=user_pool_id, Username=email)
    if group is not None:
        cognito_client.admin_add_user_to_group(UserPoolId=user_pool_id, Username=email, GroupName=group)
    return sign_in(cognito_client, user_pool_id, client_id, email, password)


def sign_in(
    cognito_client: "CognitoIdentityProviderClient", user_pool_id: str, client_id: str, email: str, password: str
) -> Shopper:
    """Sign in by SRP.

    Raises:
        botocore.exceptions.ClientError: a wrong password, or an address that nobody signed up and confirmed.
    """
    from pycognito.aws_srp import AWSSRP  # noqa: PLC0415 - it imports boto3, which commands without it need not wait for

    srp = AWSSRP(username=email, password=password, pool_id=user_pool_id, client_id=client_id, client=cognito_client)
    # pycognito asks for the time in a way that Python 3.12 warns of; filters of warnings belong to all threads.
    with _filtering_warnings, warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"datetime\.datetime\.utcnow", DeprecationWarning)
        answer = srp.authenticate_user()
    tokens = cast("AuthenticationResultTypeTypeDef", answer["AuthenticationResult"])
    who = cognito_client.get_user(AccessToken=tokens["AccessToken"])
    return Shopper(
        email=email,
        sub=next(x["Value"] for x in who["UserAttributes"] if x["Name"] == "sub"),
        id_token=tokens["IdToken"],
        access_token=tokens["AccessToken"],
        refresh=tokens["RefreshToken"],
        password=password,
    )


def renew(cognito_client: "CognitoIdentityProviderClient", client_id: str, shopper: Shopper) -> Shopper:
    """Return the shopper with new ID and access tokens.

    Raises:
        botocore.exceptions.ClientError: the refresh token expired or was revoked.
    """
    tokens = cognito_client.initiate_auth(
        ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": shopper.refresh}
    )["AuthenticationResult"]
    return replace(shopper, id_token=tokens["IdToken"], access_token=tokens["AccessToken"])


def remove(cognito_client: "CognitoIdentityProviderClient", user_pool_id: str, email: str) -> None:
    """Delete somebody's account, if there is one."""
    try:
        cognito_client.admin_delete_user(UserPoolId=user_pool_id, Username=email)
    except cognito_client.exceptions.UserNotFoundException:
        return
