"""Whose credentials a task has, and what its environment says of where it is.

On Fargate a task gets temporary credentials of its task role, and the variables ``AWS_REGION``,
``AWS_DEFAULT_REGION`` and ``AWS_EXECUTION_ENV``. A task without a role gets no credentials, and a role that does not
trust ``ecs-tasks.amazonaws.com`` fails the start. The emulator hands out an address of credentials that belong to
nobody, and no region.

Corrected: the task's environment has the keys of a session of its role, so that what the role does not allow is
refused. On AWS the program fetches and renews them; here they are valid for half a day.
"""

import json
import time
from functools import partial
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ecs, iam, sts

__all__ = ["correct"]

_SECONDS = 12 * 3600
_PRINCIPAL = "ecs-tasks.amazonaws.com"


def correct() -> None:
    """Put the role's keys in the place of the address."""
    ecs._register_metadata = partial(_register, ecs._register_metadata)


def _register(original: Any, task_arn: str, *given: Any) -> Any:
    _, definition, _, launch_type, env, *_ = given
    declared = dict(env)
    token = original(task_arn, *given)
    for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
        del env[name]
    env |= {
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EXECUTION_ENV": f"AWS_ECS_{launch_type}",
    }
    role = definition.get("taskRoleArn")
    if role:
        env |= _session(role, task_arn.rsplit("/", 1)[-1])
    env |= declared
    return token


def _session(role_arn: str, task_id: str) -> dict[str, str]:
    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(name)
    if role is None or not _trusts(role):
        raise RuntimeError(
            f"ECS was unable to assume the role '{role_arn}' that was provided for this task. Please verify that the"
            " role being passed has the proper trust relationship and permissions"
        )
    key, secret, token = iam._gen_session_access_key(), iam._gen_secret(), iam._gen_session_token()
    session = {
        "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{name}/{task_id}",
        "UserId": f"{role['RoleId']}:{task_id}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + _SECONDS,
        "AccountId": get_account_id(),
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _trusts(role: dict[str, Any]) -> bool:
    document = role.get("AssumeRolePolicyDocument") or "{}"
    statements = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
    return any(
        statement.get("Effect") == "Allow" and _PRINCIPAL in _listed((statement.get("Principal") or {}), "Service")
        for statement in (statements if isinstance(statements, list) else [statements])
        if "sts:AssumeRole" in _listed(statement, "Action")
    )


def _listed(holder: Any, key: str) -> list[str]:
    value = holder.get(key, []) if isinstance(holder, dict) else []
    return value if isinstance(value, list) else [value]
