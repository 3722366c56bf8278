"""AWS's public price list: a CSV file for each service and region, read line by line, since EC2's has hundreds of MB.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html. No
credentials are needed. A price is found by its usage type, which may have a prefix for the region (``APN1-``).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

import httpx

__all__ = ["BASE", "LISTED", "ListedAs", "PriceListError", "ServicePrices", "address_of", "read_service"]

BASE = "https://pricing.us-east-1.amazonaws.com"
_SECONDS = 30.0
_FIRST_COLUMN = "SKU"


class PriceListError(Exception):
    """A service's list cannot be read; the text names the service."""


@dataclass(frozen=True, slots=True)
class ServicePrices:
    """What a service's list has: prices of one unit by id, and ids for which it has several prices."""

    prices: Mapping[str, Decimal]
    ambiguous: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedAs:
    """Where the list has a price: service, usage type without the region's prefix, operation if several have it."""

    service: str
    usage: str
    operation: str = ""


LISTED: Mapping[str, ListedAs] = MappingProxyType(
    {
        "apigateway.cache_half_gb_hour": ListedAs("AmazonApiGateway", "ApiGatewayCacheUsage:0.5GB"),
        "apigateway.rest_request": ListedAs("AmazonApiGateway", "ApiGatewayRequest"),
        "cloudwatch.alarm_month": ListedAs("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
        "cloudwatch.log_gb": ListedAs("AmazonCloudWatch", "DataProcessing-Bytes"),
        "cloudwatch.metric_month": ListedAs("AmazonCloudWatch", "CW:MetricMonitorUsage"),
        "cognito.essentials_user_month": ListedAs("AmazonCognito", "CognitoEssentialsMAU"),
        "cognito.plus_user_month": ListedAs("AmazonCognito", "CognitoPlusMAU"),
        "dynamodb.read_unit": ListedAs("AmazonDynamoDB", "ReadRequestUnits"),
        "dynamodb.write_unit": ListedAs("AmazonDynamoDB", "WriteRequestUnits"),
        "ebs.gp3_gb_month": ListedAs("AmazonEC2", "EBS:VolumeUsage.gp3"),
        "ec2.m7i_large_hour": ListedAs("AmazonEC2", "BoxUsage:m7i.large", "RunInstances"),
        "eks.auto_mode_m7i_large_hour": ListedAs("AmazonEKS", "EKS-Auto:m7i.large-management-hours"),
        "eks.cluster_hour": ListedAs("AmazonEKS", "AmazonEKS-Hours:perCluster"),
        "eventbridge.custom_event": ListedAs("AWSEvents", "Event-64K-Chunks"),
        "fargate.arm_gb_hour": ListedAs("AmazonECS", "Fargate-ARM-GB-Hours"),
        "fargate.arm_vcpu_hour": ListedAs("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU"),
        "kms.key_month": ListedAs("awskms", "KMS-Keys"),
        "kms.request": ListedAs("awskms", "KMS-Requests"),
        "lambda.arm_gb_second": ListedAs("AWSLambda", "Lambda-GB-Second-ARM"),
        "lambda.arm_provisioned_gb_second": ListedAs("AWSLambda", "Lambda-Provisioned-Concurrency-ARM"),
        "lambda.request": ListedAs("AWSLambda", "Request-ARM"),
        "secretsmanager.secret_month": ListedAs("AWSSecretsManager", "AWSSecretsManager-Secrets"),
        "sns.request": ListedAs("AmazonSNS", "Requests-Tier1"),
        "sqs.request": ListedAs("AWSQueueService", "Requests-Tier1"),
        "stepfunctions.transition": ListedAs("AmazonStates", "StateTransition"),
        "vpc.endpoint_hour": ListedAs("AmazonVPC", "VpcEndpoint-Hours"),
        "vpc.nat_gateway_gb": ListedAs("AmazonEC2", "NatGateway-Bytes"),
        "vpc.nat_gateway_hour": ListedAs("AmazonEC2", "NatGateway-Hours"),
        "vpc.public_ipv4_hour": ListedAs("AmazonVPC", "PublicIPv4:InUseAddress"),
        "waf.acl_month": ListedAs("awswaf", "WebACL"),
        "waf.request": ListedAs("awswaf", "Request"),
        "waf.rule_month": ListedAs("awswaf", "Rule"),
        "xray.trace": ListedAs("AWSXRay", "XRay-TracesStored"),
    }
)
"""Prices whose usage type is known; others are looked up by hand."""


def address_of(service: str, region: str, base: str = BASE) -> str:
    """Return the address of a service's list for a region."""
    return f"{base.rstrip('/')}/offers/v1.0/aws/{service}/current/{region}/index.csv"


def read_service(service: str, region: str, base: str = BASE) -> ServicePrices:
    """Return the prices that a service's list has, by their ids in `LISTED`; what is not there is left out.

    Args:
        service: its code, as ``AWSLambda``.
        region: AWS region.
        base: of the server.

    Raises:
        PriceListError: it cannot be reached or read.
    """
    try:
        with httpx.stream("GET", address_of(service, region, base), timeout=_SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            return _prices(_records(answer.iter_lines()), service, region)
    except httpx.HTTPStatusError as error:
        raise PriceListError(f"{service}: {region} has no list there (HTTP {error.response.status_code})") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PriceListError(f"{service}: {str(error) or type(error).__name__}") from error
    except (csv.Error, KeyError, InvalidOperation, UnicodeDecodeError) as error:
        raise PriceListError(f"{service}: what came is no price list ({error!r})") from error


def _records(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the rows by column; five lines about the file stand above the columns' names."""
    rows = csv.reader(lines)
    columns = next((row for row in rows if row and row[0] == _FIRST_COLUMN), None)
    if columns is None:
        raise csv.Error("no line begins with SKU")
    for row in rows:
        yield dict(zip(columns, row, strict=False))


def _prices(records: Iterable[Mapping[str, str]], service: str, region: str) -> ServicePrices:
    """Take the first tier of what is on demand and not free: this project leaves tiers and free tiers out."""
    wanted = {name: listed for name, listed in LISTED.items() if listed.service == service}
    prefix = rf"(?:[A-Z]{{2,4}}\d?-|{re.escape(region)}-)?"
    patterns = {name: re.compile(prefix + re.escape(listed.usage)) for name, listed in wanted.items()}
    found: dict[str, dict[Decimal, set[Decimal]]] = {}
    for record in records:
        if record["TermType"] != "OnDemand" or record["Currency"] != "USD":
            continue
        for name, pattern in patterns.items():
            if pattern.fullmatch(record["usageType"]) and wanted[name].operation in {"", record["operation"]}:
                price, start = Decimal(record["PricePerUnit"]), Decimal(record["StartingRange"] or 0)
                if price:
                    found.setdefault(name, {}).setdefault(start, set()).add(price)
    first = {name: by_start[min(by_start)] for name, by_start in found.items()}
    return ServicePrices(
        {name: next(iter(prices)) for name, prices in first.items() if len(prices) == 1},
        tuple(name for name, prices in first.items() if len(prices) > 1),
    )
