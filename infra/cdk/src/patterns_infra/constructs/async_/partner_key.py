"""The key that requests to the partner are signed with."""

import json

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge

__all__ = ["PartnerKey"]


class PartnerKey(Construct):
    """A generated first key, read at run time; how two sides agree on the next one is told on the pattern's page."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Generate the key, in the flat form that CloudFormation can make."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Signs requests to the partner",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"key_id": "first"}),
                generate_string_key="secret",
                password_length=64,
                exclude_punctuation=True,
            ),
        )
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            "The partner must know a new key before we sign with it, which no schedule of ours can see to.",
        )
