"""When an email address counts as verified.

Cognito verifies an address by a code that was mailed to it, a random one. A new address is unverified, or, in a pool
that keeps the original until then, not even the user's before its code came back (VerifyUserAttribute). An
administrator who confirms a sign-up verifies nothing. The emulator's codes are the same for everybody, it takes every
changed address at once, lacks the two calls for codes, and its ID tokens call every address verified.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html
"""

import secrets
from http import HTTPStatus
from typing import Any

from ministack.services import cognito

__all__ = ["correct"]

_UNVERIFIED = {"email_verified": "false"}


def correct() -> None:
    """Mail random codes, hold new addresses back until theirs came, and say in tokens what is so."""
    _randomize_codes()
    _say_in_tokens()
    run, dispatch = cognito._run_idp_handler, cognito._dispatch_idp

    def run_corrected(handler: Any, action: str, data: dict[str, Any]) -> Any:
        if action == "UpdateUserAttributes":
            return run(_update_attributes, action, data)
        if action == "AdminUpdateUserAttributes":
            data = _with_flag(data)
        answer = run(handler, action, data)
        if action == "ConfirmSignUp" and answer[0] == HTTPStatus.OK:
            _verify_after_sign_up(data)
        return answer

    async def dispatch_corrected(action: str, data: dict[str, Any]) -> Any:
        own = {"VerifyUserAttribute": _verify_attribute, "GetUserAttributeVerificationCode": _send_code}.get(action)
        if own is None:
            return await dispatch(action, data)
        return run(own, action, data)

    cognito._run_idp_handler, cognito._dispatch_idp = run_corrected, dispatch_corrected
    cognito._UNSIGNED_IDP_ACTIONS |= {"VerifyUserAttribute", "GetUserAttributeVerificationCode"}


def _randomize_codes() -> None:
    send = cognito._send_verification_email

    def send_random(pool: Any, username: str, attributes: Any, code: str, attribute_name: str = "email") -> Any:
        user, _ = cognito._resolve_user(pool, username)
        own = _new_code()
        for kept in ("_confirmation_code", "_reset_code"):
            if user and user.get(kept) == code:
                user[kept] = own
        return send(pool, username, attributes, own, attribute_name=attribute_name)

    cognito._send_verification_email = send_random


def _say_in_tokens() -> None:
    make = cognito._fake_token

    def make_corrected(*given: Any, user_attrs: dict[str, str] | None = None, **named: Any) -> str:
        attributes = _UNVERIFIED | user_attrs if user_attrs and "email" in user_attrs else user_attrs
        token: str = make(*given, user_attrs=attributes, **named)
        return token

    cognito._fake_token = make_corrected


def _verify_after_sign_up(data: dict[str, Any]) -> None:
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    user, _ = cognito._resolve_user(pool, data.get("Username"))
    if "email" in (pool.get("AutoVerifiedAttributes") or ()) and "email" in _attributes(user):
        _set(user, {"email_verified": "true"})


def _update_attributes(data: dict[str, Any]) -> Any:
    """UpdateUserAttributes: a new address waits for its code, or is unverified until that came."""
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken", ""))
    if not user:
        return cognito.error_response_json("NotAuthorizedException", "Invalid access token.", 400)
    changes = cognito._attr_list_to_dict(data.get("UserAttributes", []))
    email = changes.get("email")
    if email is None or email == _attributes(user).get("email"):
        return cognito._update_user_attributes(data)
    other, _ = cognito._resolve_user(pool, email)
    if other is not None and other is not user:
        return cognito.error_response_json(
            "AliasExistsException", "An account with the given email already exists.", 400
        )
    settings = pool.get("UserAttributeUpdateSettings") or {}
    held_back = "email" in (settings.get("AttributesRequireVerificationBeforeUpdate") or ())
    if held_back:
        del changes["email"]
    else:
        changes |= _UNVERIFIED
    _set(user, changes)
    if not held_back and "email" not in (pool.get("AutoVerifiedAttributes") or ()):
        return cognito.json_response({"CodeDeliveryDetailsList": []})
    return cognito.json_response({"CodeDeliveryDetailsList": [_mail_code(pool, user, email)]})


def _send_code(data: dict[str, Any]) -> Any:
    """GetUserAttributeVerificationCode, for the address that is the user's."""
    user, pool = cognito._user_pool_for_access_token(data.get("AccessToken", ""))
    if not user or data.get("AttributeName") != "email":
        return cognito.error_response_json("InvalidParameterException", "There is nothing to verify.", 400)
    return cognito.json_response({"CodeDeliveryDetails": _mail_code(pool, user, _attributes(user)["email"])})


def _verify_attribute(data: dict[str, Any]) -> Any:
    """VerifyUserAttribute: the code of the last mail makes its address the user's, and verified."""
    user, _ = cognito._user_pool_for_access_token(data.get("AccessToken", ""))
    email, code = (user or {}).get("_email_to_verify", ("", ""))
    error = cognito._code_error(code, data.get("Code"))
    if not user or data.get("AttributeName") != "email" or error:
        return error or cognito.error_response_json("NotAuthorizedException", "Invalid access token.", 400)
    del user["_email_to_verify"]
    _set(user, {"email": email, "email_verified": "true"})
    return cognito.json_response({})


def _with_flag(data: dict[str, Any]) -> dict[str, Any]:
    """Return an administrator's change with the flag that Cognito takes away from a new address."""
    names = [attribute.get("Name") for attribute in data.get("UserAttributes") or ()]
    if "email" not in names or "email_verified" in names:
        return data
    flag = {"Name": "email_verified", "Value": "false"}
    return {**data, "UserAttributes": [*data["UserAttributes"], flag]}


def _mail_code(pool: dict[str, Any], user: dict[str, Any], email: str) -> dict[str, str]:
    code = _new_code()
    user["_email_to_verify"] = (email, code)
    subject, body = cognito._resolve_verification_template(pool)
    texts = [cognito._expand_template(text, user["Username"], code) for text in (subject, body)]
    cognito._deliver_cognito_email(
        pool, email, *texts, type_name="CognitoVerificationMessage", extra={"Username": user["Username"]}
    )
    return {"Destination": cognito._masked_destination(email), "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def _attributes(user: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = cognito._attr_list_to_dict(user.get("Attributes", []))
    return found


def _set(user: dict[str, Any], changes: dict[str, str]) -> None:
    user["Attributes"] = cognito._dict_to_attr_list(_attributes(user) | changes)
    user["UserLastModifiedDate"] = cognito._now_epoch()


def _new_code() -> str:
    return f"{secrets.randbelow(1_000_000):06}"
