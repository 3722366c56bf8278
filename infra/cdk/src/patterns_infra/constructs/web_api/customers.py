"""Who may sign in: a Cognito user pool with its groups and the web page's client."""

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.deletion_protection import protect_from_deletion
from patterns_infra.constructs.common.retention import keep_data
from patterns_infra.constructs.web_api.web_acl import WebAcl, address_rate, custom_rule
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
            email=_sender(settings),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=cognito.FeaturePlan.PLUS if settings.production else cognito.FeaturePlan.ESSENTIALS,
            standard_threat_protection_mode=(
                cognito.StandardThreatProtectionMode.FULL_FUNCTION if settings.production else None
            ),
            removal_policy=keep_data(settings),
        )
        protect_from_deletion(self.pool, settings=settings, name="DeletionProtection", on="ACTIVE", off="INACTIVE")
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
        if settings.on_aws:
            # Two calls are a sign-in, and one an hour keeps it: a tenth of what an address may ask the API.
            limit = custom_rule("AddressRate", address_rate(settings.requests_per_address // 10))
            WebAcl(self, "SignIns", metric="SignIns", resource_arn=self.pool.user_pool_arn, rules=[limit])
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


def _sender(settings: Settings) -> cognito.UserPoolEmail | None:
    """Who sends verification codes: SES where there is a sender, else Cognito, about 50 mails a day for the account.

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
    """
    if not (settings.on_aws and settings.sender_email):
        return None
    identity = settings.mail_identity
    return cognito.UserPoolEmail.with_ses(
        from_email=settings.sender_email,
        ses_region=settings.region,
        ses_verified_domain=None if "@" in identity else identity,
    )
