"""Whether ADA@example.com and ada@example.com are one customer.

Cognito finds users of a pool with ``CaseSensitive: false`` whatever the case. The emulator compares letter by letter,
so that one address in another case signs up a second account.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html
"""

from typing import Any

from ministack.services import cognito

__all__ = ["correct"]


def correct() -> None:
    """Look again without the case, in pools that do not tell cases apart."""
    before = cognito._resolve_user

    def resolve(pool: dict[str, Any], username: Any) -> Any:
        found, error = before(pool, username)
        if found is None and isinstance(username, str) and _is_insensitive(pool):
            same = _same_name(pool, username)
            if same is not None:
                return before(pool, same)
        return found, error

    cognito._resolve_user = resolve


def _is_insensitive(pool: dict[str, Any]) -> bool:
    # CloudFormation hands on its texts.
    return str((pool.get("UsernameConfiguration") or {}).get("CaseSensitive", "true")).lower() == "false"


def _same_name(pool: dict[str, Any], username: str) -> str | None:
    """Return the name or alias as it was kept."""
    aliases = {*(pool.get("UsernameAttributes") or ()), *(pool.get("AliasAttributes") or ())}
    for user in pool["_users"].values():
        attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
        for name in (user["Username"], *(attributes.get(alias) for alias in aliases)):
            if isinstance(name, str) and name != username and name.casefold() == username.casefold():
                return name
    return None
