"""Giving the partner its keys after a deployment, as two sides would agree on them: by a way that is not the API's."""

from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["introduce"]

_LOGICAL_ID = "PartnerKey"


def introduce(stack: DeployedStack, partner_url: str) -> int:
    """Tell the partner which secrets of a stack hold signing keys; how many those are, none in most stacks."""
    named = [x for x in stack.resources("AWS::SecretsManager::Secret") if x.logical_id.startswith(_LOGICAL_ID)]
    if not named:
        return 0
    from patterns_local.partner.client import PartnerClient  # noqa: PLC0415 - a tenth of a second, for httpx

    for secret in named:
        arn = stack.client("secretsmanager").describe_secret(SecretId=secret.physical_id)["ARN"]
        PartnerClient(partner_url).learn(arn)
    return len(named)
