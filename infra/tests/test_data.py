"""The table, the secret and the user pool: customers' data."""

from typing import Any

from patterns_infra.synthesized import SynthesizedStack


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


def kept(stack: SynthesizedStack, kind: str) -> tuple[Any, Any]:
    """Return what happens to a resource when its stack goes, and when it is replaced."""
    (resource,) = stack.of_type(kind).values()
    return resource["DeletionPolicy"], resource["UpdateReplacePolicy"]


def test_customers_data_outlives_its_stack_on_aws(aws: SynthesizedStack, local: SynthesizedStack) -> None:
    """Deleting the stack on AWS deletes neither orders nor users; locally nothing stays."""
    for kind in ("DynamoDB::Table", "Cognito::UserPool"):
        assert kept(aws, kind) == ("Retain", "Retain")
        assert kept(local, kind) == ("Delete", "Delete")
    assert aws.only("DynamoDB::Table")["DeletionProtectionEnabled"] is True
    assert aws.only("Cognito::UserPool")["DeletionProtection"] == "ACTIVE"
    assert local.only("DynamoDB::Table").get("DeletionProtectionEnabled") is not True
    assert local.only("Cognito::UserPool").get("DeletionProtection") != "ACTIVE"


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
