"""What a stack costs by being there: the resources of its template that are paid by the month or the hour."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from patterns_cli.costs.lines import HOURS_A_MONTH, Line, Usage
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["fixed_lines"]

_BY_MONTH: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "CloudWatch::Alarm": ("cloudwatch.alarm_month", "alarms"),
        "CloudWatch::Dashboard": ("cloudwatch.dashboard_month", "dashboards"),
        "KMS::Key": ("kms.key_month", "keys"),
        "SecretsManager::Secret": ("secretsmanager.secret_month", "secrets"),
    }
)
_SECONDS_AN_HOUR = 3600
_MB_A_GB = 1024


def fixed_lines(stack: SynthesizedStack) -> list[Line]:
    """Return a line for each kind of resource that is paid by time, in a month of 730 hours."""
    lines = [*_firewalls(stack), *_cache(stack), *_endpoints(stack)]
    for kind, (price, name) in _BY_MONTH.items():
        count = len(stack.of_type(kind))
        if count:
            lines.append(Line(name, f"{count} in the template", (Usage(price, count),)))
    return [*lines, *_snapshots(stack)]


def _firewalls(stack: SynthesizedStack) -> list[Line]:
    acls = stack.all("WAFv2::WebACL")
    if not acls:
        return []
    rules = sum(len(acl["Rules"]) for acl in acls)
    usages = (Usage("waf.acl_month", len(acls)), Usage("waf.rule_month", rules))
    return [Line("firewalls (WAF)", f"{len(acls)} web ACLs with {rules} rules and rule groups", usages)]


def _cache(stack: SynthesizedStack) -> list[Line]:
    cached = [stage for stage in stack.all("ApiGateway::Stage") if stage.get("CacheClusterEnabled")]
    if not cached:
        return []
    hours = HOURS_A_MONTH * len(cached)
    return [Line("gateway's cache", "0.5 GB", (Usage("apigateway.cache_half_gb_hour", hours),))]


def _endpoints(stack: SynthesizedStack) -> list[Line]:
    """Interface endpoints cost in each of their zones; those of S3 and DynamoDB cost nothing."""
    zones = [
        len(endpoint["SubnetIds"])
        for endpoint in stack.all("EC2::VPCEndpoint")
        if endpoint.get("VpcEndpointType") == "Interface"
    ]
    if not zones:
        return []
    how = f"{len(zones)} interface endpoints, {sum(zones)} with all zones"
    return [Line("private network", how, (Usage("vpc.endpoint_hour", HOURS_A_MONTH * sum(zones)),))]


def _snapshots(stack: SynthesizedStack) -> list[Line]:
    """One snapshot is kept of each published version of a function with SnapStart."""
    memory = sum(_memory(x) for x in stack.all("Lambda::Function") if x.get("SnapStart"))
    if not memory:
        return []
    kept = Usage("lambda.snapstart_cache_gb_second", memory * HOURS_A_MONTH * _SECONDS_AN_HOUR)
    return [Line("SnapStart's snapshot", f"{memory} GB of one version, kept all month", (kept,))]


def _memory(function: Mapping[str, Any]) -> Decimal:
    return Decimal(function["MemorySize"]) / _MB_A_GB
