"""Acting as one of the stack's roles, and being refused as one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.clients import administrator

from patterns_local.platform import Platform

__all__ = ["Call", "assumed", "is_refused"]

Call = Callable[[Callable[[str], Any]], object]
"""One request, given what makes a client of a service."""

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}


@contextmanager
def assumed(platform: Platform, role_name: str) -> Iterator[Callable[[str], Any]]:
    """Give what makes clients with the role's own permissions.

    A function's role trusts Lambda only, so the administrator lets the account in for the moment; what the role may
    do is not touched.
    """
    iam = administrator(platform, "iam")
    role = iam.get_role(RoleName=role_name)["Role"]
    before = role["AssumeRolePolicyDocument"]
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{platform.account}:root"},
        "Action": "sts:AssumeRole",
    }
    opened = {**before, "Statement": [*before["Statement"], account]}
    iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=json.dumps(opened))
    try:
        yield cache(lambda service: platform.role_client(role["Arn"], service))
    finally:
        iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=json.dumps(before))


def is_refused(platform: Platform, client: Callable[[str], Any], action: str, call: Call) -> bool:
    """Whether the role is refused a call with AccessDenied that names the action, and the administrator is not.

    The second half keeps a wrong region, name or account from passing for a refusal.

    Raises:
        AssertionError: naming what differs.
    """
    with pytest.raises(ClientError) as caught:
        call(client)
    error = caught.value.response["Error"]
    assert error["Code"] in _DENIED, error
    assert action in error["Message"], error
    call(platform.client)
    return True
