"""The role by which API Gateway writes logs: one setting for each region of an account, set once and by consent.

No stack sets it (``AWS::ApiGateway::Account``): it would change what every API of the account logs by, and a role that
goes with its stack would end the logs of the others
(https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).
"""

import json
import time
from collections.abc import Callable

from patterns_deploy.place import AwsClient, Place

__all__ = ["LOGS_ROLE_NAME", "NoLogsRole", "create_logs_role", "find_logs_role", "require_logs_role"]

LOGS_ROLE_NAME = "patterns-api-gateway-logs"
_POLICY = "policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_TRIES, _FIRST_PAUSE, _LONGEST_PAUSE = 12, 1.0, 10.0


class NoLogsRole(Exception):
    """API Gateway could not write logs; the text is one line that says what to do."""


def require_logs_role(place: Place) -> None:
    """Refuse a region whose API Gateway has no role to write logs with, or one that was deleted since.

    Raises:
        NoLogsRole: naming the region and the command that sets one.
    """
    if find_logs_role(place) is None:
        raise NoLogsRole(
            f"API Gateway in {place.region} has no role to write logs with, which is a setting of the whole account; "
            f"set it once with: patterns bootstrap --region {place.region}"
        )


def find_logs_role(place: Place) -> str | None:
    """Return the ARN of the role that is set; ``None`` when there is none, or it was deleted since."""
    arn = _role_arn(place.client("apigateway"))
    return arn if arn and _role_exists(place.client("iam"), arn.rpartition("/")[2]) else None


def create_logs_role(place: Place, *, sleep: Callable[[float], None] = time.sleep) -> str:
    """Create `LOGS_ROLE_NAME` unless another region has made it, set it as API Gateway's, and return its ARN.

    Raises:
        NoLogsRole: API Gateway still refuses the role after two minutes.
    """
    iam = place.client("iam")
    try:
        created = iam.create_role(
            RoleName=LOGS_ROLE_NAME,
            Description="API Gateway writes access and execution logs of all APIs of this account",
            AssumeRolePolicyDocument=json.dumps(_TRUST),
        )
    except iam.exceptions.EntityAlreadyExistsException:
        created = iam.get_role(RoleName=LOGS_ROLE_NAME)
    arn = str(created["Role"]["Arn"])
    partition = arn.split(":")[1]
    iam.attach_role_policy(RoleName=LOGS_ROLE_NAME, PolicyArn=f"arn:{partition}:iam::aws:{_POLICY}")
    _set(place, arn, sleep)
    return arn


def _set(place: Place, arn: str, sleep: Callable[[float], None]) -> None:
    """Set the role; a new one is refused until IAM has told API Gateway of it, which takes seconds."""
    gateway = place.client("apigateway")
    pause = _FIRST_PAUSE
    for left in reversed(range(_TRIES)):
        try:
            gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}])
        except gateway.exceptions.BadRequestException as error:
            if not left:
                reason = error.response["Error"]["Message"]
                raise NoLogsRole(f"API Gateway in {place.region} does not take {arn}: {reason}") from error
        else:
            return
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _role_arn(gateway: AwsClient) -> str:
    return str(gateway.get_account().get("cloudwatchRoleArn") or "")


def _role_exists(iam: AwsClient, name: str) -> bool:
    try:
        iam.get_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
