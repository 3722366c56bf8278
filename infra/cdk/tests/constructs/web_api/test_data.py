"""The table, the secret and the user pool: customers' data."""

from collections.abc import Callable

from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS


def test_one_table_two_indexes(anywhere: SynthesizedStack) -> None:
    """One partition key; a customer's orders, whole or by status, each in one query that reads nothing else."""
    table = anywhere.only("DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    indexes = {x["IndexName"]: x for x in table["GlobalSecondaryIndexes"]}
    assert set(indexes) == {"by_customer", "by_customer_status"}
    for name, partition in (("by_customer", "customer_id"), ("by_customer_status", "customer_status")):
        assert indexes[name]["Projection"] == {"ProjectionType": "ALL"}
        assert indexes[name]["KeySchema"] == [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": "order_id", "KeyType": "RANGE"},
        ]


def test_table_keeps_changes_and_forgets_claims(anywhere: SynthesizedStack) -> None:
    """The stream has both images, every second of the last weeks can be restored, claims expire, all is encrypted."""
    table = anywhere.only("DynamoDB::Table")
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_table_names_are_fixed(local: SynthesizedStack, aws: SynthesizedStack) -> None:
    """Other stacks grant exactly this name before the table exists."""
    assert local.only("DynamoDB::Table")["TableName"] == "patterns-local-orders"
    assert aws.only("DynamoDB::Table")["TableName"] == "patterns-dev-orders"


def test_production_is_not_deleted_by_accident(
    production: SynthesizedStack, aws: SynthesizedStack, local: SynthesizedStack
) -> None:
    """CloudFormation refuses to delete the stack of production; other stages come and go."""
    assert [stack.protected for stack in (production, aws, local)] == [True, False, False]


def test_cursor_key_is_generated(anywhere: SynthesizedStack) -> None:
    """Nobody chooses or sees the key that signs cursors."""
    secret = anywhere.only("SecretsManager::Secret")
    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] == 64


def test_sign_in_is_by_email(anywhere: SynthesizedStack) -> None:
    """People sign themselves up with a verified email address and a long password; TOTP is there for the asking."""
    pool = anywhere.only("Cognito::UserPool")
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 12,
        "RequireLowercase": True,
        "RequireUppercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 3,
    }
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])


def test_client_holds_no_secret(anywhere: SynthesizedStack) -> None:
    """The web page signs in by SRP and refreshes; it cannot send a password, and learns of no account's existence."""
    client = anywhere.only("Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert client["TokenValidityUnits"] == {"IdToken": "minutes", "AccessToken": "minutes", "RefreshToken": "minutes"}
    assert (client["IdTokenValidity"], client["AccessTokenValidity"]) == (60, 60)
    assert client["RefreshTokenValidity"] == 7 * 24 * 60


def test_groups(anywhere: SynthesizedStack) -> None:
    """The application tells operators from customers by these groups."""
    assert {x["GroupName"] for x in anywhere.all("Cognito::UserPoolGroup")} == {"customers", "operators"}


def test_production_watches_sign_ins(production: SynthesizedStack) -> None:
    """Production refuses compromised passwords and suspicious sign-ins."""
    pool = production.only("Cognito::UserPool")
    assert pool["UserPoolTier"] == "PLUS"
    assert pool["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"


def test_production_s_mail_to_customers_goes_through_ses(production: SynthesizedStack) -> None:
    """Cognito's own sender stops at 50 mails a day for the whole account: sign-ups would end there."""
    mail = production.only("Cognito::UserPool")["EmailConfiguration"]
    assert (mail["EmailSendingAccount"], mail["From"]) == ("DEVELOPER", "orders@shop.example.com")
    identity = "".join(x if isinstance(x, str) else x["Ref"] for x in mail["SourceArn"]["Fn::Join"][1])
    assert identity == "arn:aws:ses:us-east-1:AWS::AccountId:identity/orders@shop.example.com"


def test_mail_goes_by_the_domain_where_ses_knows_only_that(
    synthesize_anew: Callable[[Settings], SynthesizedStack],
) -> None:
    """The identity is the one that was verified; the address stays the sender."""
    values = {**VARIANTS["production"], "sender_identity": "shop.example.com"}
    mail = synthesize_anew(Settings.from_mapping(values)).only("Cognito::UserPool")["EmailConfiguration"]
    assert mail["From"] == "orders@shop.example.com"
    assert mail["SourceArn"]["Fn::Join"][1][-1].endswith(":identity/shop.example.com")


def test_a_stage_without_a_sender_uses_cognito_s_own(
    synthesize_anew: Callable[[Settings], SynthesizedStack], local: SynthesizedStack
) -> None:
    """Enough for tests: about 50 mails a day; locally every mail is a file."""
    values = {key: value for key, value in VARIANTS["aws"].items() if key != "sender_email"}
    for stack in (synthesize_anew(Settings.from_mapping(values)), local):
        assert "EmailConfiguration" not in stack.only("Cognito::UserPool")


def test_the_stages_events_are_archived(anywhere: SynthesizedStack) -> None:
    """All of them, and no other program's on the default bus, for as long as consumers surely know them again."""
    archive = anywhere.only("Events::Archive")
    source = anywhere.function("relay")["Environment"]["Variables"]["EVENT_SOURCE"]
    assert archive["EventPattern"] == {"source": [source]}
    assert archive["RetentionDays"] == 14
    assert archive["SourceArn"]["Fn::Join"][1][-1].endswith(":event-bus/default")
    assert "ArchiveName" not in archive
