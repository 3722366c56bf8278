"""The secret that keys the customers' pseudonyms, in Secrets Manager."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from patterns_batch.errors import BadInput
from patterns_shared.adapters.client_errors import error_code, transient_as_unavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["PseudonymSecret"]

_SHORTEST = 16
_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class PseudonymSecret:
    """A secret whose whole text is the key.

    Rotate it at will: a run goes on with the version that it was planned with.
    """

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        """Keep the client and the secret's name or ARN; nothing is called yet."""
        self._client = client
        self._secret_id = secret_id

    def current_version(self) -> str:
        """Return the id of the version that new runs use."""
        with self._refusals("PSEUDONYM_SECRET_ARN names no secret"):
            return self._client.get_secret_value(SecretId=self._secret_id)["VersionId"]

    def key(self, version: str) -> str:
        """Return the secret's text in that version."""
        with self._refusals("the pseudonyms' secret no longer has the version that the run was planned with"):
            key = self._client.get_secret_value(SecretId=self._secret_id, VersionId=version).get("SecretString", "")
        if len(key) < _SHORTEST:
            raise BadInput(f"the pseudonyms' secret must be a text of at least {_SHORTEST} characters")
        return key

    @contextmanager
    def _refusals(self, reason: str) -> Iterator[None]:
        try:
            with transient_as_unavailable("secrets"):
                yield
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            raise BadInput(reason) from None
