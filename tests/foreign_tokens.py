"""Tokens that are validly signed and still not for this API, and tokens that end soon."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from tests.clients import administrator

from patterns_local.platform import Platform

__all__ = ["another_clients_token", "another_pools_token", "token_lifetime"]

_FLOW = "ALLOW_ADMIN_USER_PASSWORD_AUTH"


def another_pools_token(platform: Platform) -> str:
    """Return an ID token from another user pool."""
    pool_id = administrator(platform, "cognito-idp").create_user_pool(PoolName="another-pool")["UserPool"]["Id"]
    return another_clients_token(platform, pool_id)


def another_clients_token(platform: Platform, pool_id: str) -> str:
    """Return an ID token of this pool that was made for an application that is not the shop's."""
    cognito = administrator(platform, "cognito-idp")
    name, password = f"{secrets.token_hex(6)}@example.com", f"Aa1!{secrets.token_hex(12)}"
    client = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="another", ExplicitAuthFlows=[_FLOW])
    attributes = [{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool_id, Username=name, MessageAction="SUPPRESS", UserAttributes=attributes)
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=password, Permanent=True)
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool_id,
        ClientId=client["UserPoolClient"]["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    token: str = signed_in["AuthenticationResult"]["IdToken"]
    return token


@contextmanager
def token_lifetime(platform: Platform, pool_id: str, client_id: str, *, seconds: int) -> Iterator[None]:
    """Let the shop's client give ID tokens that end after so many seconds, then set it back.

    Cognito itself allows no less than five minutes; the platform does not check that.
    """
    cognito = administrator(platform, "cognito-idp")
    before = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    settings = {
        name: before[name]
        for name in ("IdTokenValidity", "AccessTokenValidity", "RefreshTokenValidity", "TokenValidityUnits")
        if name in before
    }
    units = settings.get("TokenValidityUnits", {}) | {"IdToken": "seconds"}
    short = settings | {"IdTokenValidity": seconds, "TokenValidityUnits": units}
    cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=client_id, **short)
    try:
        yield
    finally:
        cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=client_id, **settings)
