"""The key that signs the cursors of lists."""

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from patterns_infra.constructs.acknowledgement import acknowledge

__all__ = ["CursorKey"]


class CursorKey(Construct):
    """A generated secret that nobody has seen; the functions read it at run time."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Generate the key."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Signs the cursors of lists",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            "Rotating it would make open cursors invalid for nothing: it signs page positions, not access.",
        )
