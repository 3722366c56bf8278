"""`patterns bootstrap`: what an AWS account needs once in a region, beside what the CDK brings by itself."""

import sys

from patterns_cli.commands.confirming import confirm
from patterns_deploy.gateway_logs_role import LOGS_ROLE_NAME, create_logs_role, find_logs_role
from patterns_deploy.real_aws import open_aws

__all__ = ["bootstrap"]


def bootstrap(region: str | None, *, yes: bool) -> None:
    """Set the role by which API Gateway writes logs, unless there is one.

    Raises:
        AwsUnavailable: see `open_aws`.
        CommandError: the user did not agree.
        NoLogsRole: API Gateway refuses the role.
    """
    access = open_aws("", region)
    found = find_logs_role(access.place)
    if found:
        sys.stderr.write(f"API Gateway in {access.place.region} writes logs with {found}; nothing to do\n")
        return
    what = {"role": LOGS_ROLE_NAME, "for": "API Gateway's logs, of every API of the account in this region"}
    confirm("set an account-wide role in", access, what, yes=yes)
    made = create_logs_role(access.place)
    sys.stderr.write(f"API Gateway in {access.place.region} writes logs with {made} from now on\n")
