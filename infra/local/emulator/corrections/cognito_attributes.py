"""Which attributes of a user exist, and which of them users may write themselves.

Cognito refuses an attribute that the pool's schema does not have, and one that the app client may not write: never the
verified flags, and custom attributes only if the client names them. The emulator keeps whatever it is given and puts
it into the ID token, over the token's own claims: anyone who signs up with ``cognito:groups`` is in that group.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from collections.abc import Iterable
from typing import Any

from ministack.services import cognito

__all__ = ["correct"]

_OF_USERS = frozenset({"SignUp", "UpdateUserAttributes"})
_OF_ADMINISTRATORS = frozenset({"AdminCreateUser", "AdminUpdateUserAttributes"})
_NEVER_THEIRS = frozenset({"email_verified", "phone_number_verified", "sub", "identities"})


def correct() -> None:
    """Check the attributes before the call changes anything."""
    before = cognito._run_idp_handler

    def run(handler: Any, action: str, data: dict[str, Any]) -> Any:
        refusal = _refusal(action, data)
        return before(handler, action, data) if refusal is None else refusal

    cognito._run_idp_handler = run


def _refusal(action: str, data: dict[str, Any]) -> Any:
    if action not in _OF_USERS | _OF_ADMINISTRATORS:
        return None
    client_id = data.get("ClientId") or cognito._token_claims(data.get("AccessToken", "")).get("client_id")
    pool = cognito._user_pools.get(data.get("UserPoolId")) or cognito._pool_for_client(client_id)[0]
    if not pool:
        return None  # the call has its own words for this
    names = [attribute.get("Name", "") for attribute in data.get("UserAttributes") or ()]
    schema = {attribute["Name"] for attribute in cognito._ensure_schema_attributes(pool)["SchemaAttributes"]}
    unknown = [name for name in names if name not in schema]
    if unknown:
        # Cognito's own text.
        message = f"Type for attribute {{{unknown[0]}}} could not be determined"
        return cognito.error_response_json(
            "InvalidParameterException", f"Attributes did not conform to the schema: {message}", 400
        )
    if action in _OF_USERS and not _may_write(pool["_clients"].get(client_id, {}), names):
        return cognito.error_response_json(
            "NotAuthorizedException", "A client attempted to write unauthorized attribute", 400
        )
    return None


def _may_write(client: dict[str, Any], names: Iterable[str]) -> bool:
    named = set(client.get("WriteAttributes") or ())
    return all(
        name not in _NEVER_THEIRS and (name in named if named or name.startswith(("custom:", "dev:")) else True)
        for name in names
    )
