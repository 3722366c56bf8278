"""Customers' accounts in a Cognito user pool."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from patterns_deploy.place import AwsClient

__all__ = ["UserPoolAccounts"]

_UNITS = {"seconds": "seconds", "minutes": "minutes", "hours": "hours", "days": "days"}
_MARGIN = timedelta(minutes=5)
"""Clocks differ, and a request that came in time is still running."""


@dataclass(frozen=True, slots=True)
class UserPoolAccounts:
    """The accounts of one pool; ``client`` is Cognito's."""

    client: AwsClient
    pool_id: str
    app_client_id: str

    def find(self, who: str) -> str | None:
        """Return the customer id (the claim ``sub``) of an address or a customer id, None when there is no account."""
        try:
            found = self.client.admin_get_user(UserPoolId=self.pool_id, Username=who)
        except self.client.exceptions.UserNotFoundException:
            return None
        return next(str(each["Value"]) for each in found["UserAttributes"] if each["Name"] == "sub")

    def delete(self, customer_id: str) -> None:
        """Delete the account and with it its refresh tokens; where addresses are aliases, the user name is the sub."""
        try:
            self.client.admin_delete_user(UserPoolId=self.pool_id, Username=customer_id)
        except self.client.exceptions.UserNotFoundException:
            return

    def tokens_end(self, now: datetime) -> datetime:
        """Return ``now`` and the lifetime of the app client's ID tokens, with a margin."""
        described = self.client.describe_user_pool_client(UserPoolId=self.pool_id, ClientId=self.app_client_id)
        settings = described["UserPoolClient"]
        unit = settings.get("TokenValidityUnits", {}).get("IdToken", "hours")
        return now + timedelta(**{_UNITS[unit]: settings.get("IdTokenValidity") or 1}) + _MARGIN
