"""The key under which customers appear in reports: the same customer, the same pseudonym, and no way back."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from patterns_infra.constructs.acknowledgement import acknowledge

__all__ = ["PseudonymKey"]


class PseudonymKey(Construct):
    """A generated secret that nobody has seen; the task reads it at run time."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Generate the key."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Keys the pseudonyms of customers in reports",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            "A new key gives every customer a new pseudonym, and reports cannot be compared: that is to be decided.",
        )
