"""Reading a secret from the emulator, as the account's administrator."""

from collections.abc import Callable

from patterns_local.partner.keys import KeysUnavailable, SecretGone

__all__ = ["secret_reader"]


def secret_reader(endpoint_url: str) -> Callable[[str], bytes]:
    """Return what reads a secret by its ARN. boto3 is imported by the first reading, not by the start."""

    def read(secret_arn: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        from patterns_local.local_aws import client_for  # noqa: PLC0415

        try:
            answer = client_for("secretsmanager", endpoint_url).get_secret_value(SecretId=secret_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise SecretGone(secret_arn) from None
            raise KeysUnavailable(f"the secret cannot be read: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise KeysUnavailable(f"the secret cannot be read: {type(error).__name__}") from None
        text: str = answer["SecretString"]
        return text.encode()

    return read
