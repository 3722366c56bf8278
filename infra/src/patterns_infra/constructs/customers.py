"""Who may sign in: a Cognito user pool with its groups and the web page's client."""

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from patterns_infra.constructs.acknowledgement import acknowledge
from patterns_infra.constructs.retention import keep_data
from patterns_infra.settings import Settings

__all__ = ["Customers"]


class Customers(Construct):
    """Sign-in by email and SRP, so that the password never crosses the wire; a client that holds no secret."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Create the pool, the groups and the client."""
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "UserPool",
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=cognito.FeaturePlan.PLUS if settings.production else cognito.FeaturePlan.ESSENTIALS,
            standard_threat_protection_mode=(
                cognito.StandardThreatProtectionMode.FULL_FUNCTION if settings.production else None
            ),
            deletion_protection=settings.on_aws,
            removal_policy=keep_data(settings),
        )
        for group, description in (("customers", "Buy and see their own orders"), ("operators", "See every order")):
            cognito.CfnUserPoolGroup(
                self,
                group.title(),
                user_pool_id=self.pool.user_pool_id,
                group_name=group,
                description=description,
            )
        self.client = self.pool.add_client(
            "WebClient",
            auth_flows=cognito.AuthFlow(user_srp=True),
            generate_secret=False,
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(7),
        )
        self._acknowledge(settings)

    def _acknowledge(self, settings: Settings) -> None:
        acknowledge(
            self.pool,
            "AwsSolutions-COG2",
            "A shop does not force its customers to carry a second factor; whoever wants one has TOTP.",
        )
        if not settings.production:
            acknowledge(
                self.pool,
                "AwsSolutions-COG8",
                "Threat protection needs the Plus plan, paid by the user; production has it, others have no users.",
            )
