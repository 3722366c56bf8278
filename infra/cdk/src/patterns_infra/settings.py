"""What a deployment is told: stage, target and the few choices that a user makes.

This is the one place that reads CDK context. Everything else gets a `Settings`.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_type_hints

from patterns_infra.schedule_texts import why_refused
from patterns_infra.setting_texts import PRODUCTION, WHAT_FOR, SettingsError, as_text, check_formats, read_text

if TYPE_CHECKING:
    from constructs import Node

__all__ = ["KUBERNETES_VERSION", "PRODUCTION", "Nodes", "Settings", "SettingsError", "ShardMap", "Target"]

LOCAL_ACCOUNT = "000000000000"
LOCAL_SITE_ORIGIN = "http://localhost:5173"
LOCAL_SENDER = "orders@shop.example.com"
KUBERNETES_VERSION = "1.36"
"""The one that everything was tried with; docs/k8s-upgrade.md says what to do when it changes."""


class Target(StrEnum):
    """Where the stacks are deployed."""

    LOCAL = "local"
    AWS = "aws"


class Nodes(StrEnum):
    """Who looks after a Kubernetes cluster's nodes."""

    AUTO = "auto"
    MANAGED = "managed"


class ShardMap(StrEnum):
    """How Step Functions runs the shards of a report."""

    AUTO = "auto"
    INLINE = "inline"
    DISTRIBUTED = "distributed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment's choices; wrong or missing ones are refused here, before anything is synthesized.

    Attributes:
        stage: name of the deployment, part of every fixed name; ``production`` has stricter defaults.
        target: the local platform or AWS.
        region: AWS region.
        account: account number; on AWS ``None`` leaves it to the credentials of the deployment.
        endpoint_url: address of the local platform; the template does not depend on it.
        alarm_email: who is told of an alarm; required in production.
        site_origin: the one web origin that may call the API from a browser; required on AWS by the web API.
        sender_email: the address that customers get mail from, verified in SES; required on AWS by async, and by the
            web API in production.
        sender_identity: what SES verified of that address: its domain, or by default the address itself.
        sender_configuration_set: the sender's identity's default one, which ``deploy`` looks up.
        operator_email: who is told of rejected orders; required on AWS by async.
        operator_phone: E.164 number that gets a text message of each, too; passed as a parameter, in no template.
        partner_url: where the partner takes events; required on AWS by async, and locally the platform's simulator.
        time_zone: whose days reports are of, and at whose four in the morning they are made.
        report_schedule: another schedule than that, as EventBridge Scheduler takes it; each of its days must have one
            of its times, also when clocks change.
        file_prices: how prices of dropped files are written: ``auto``, ``minor`` or ``major`` units.
        file_returns: rows with a negative quantity or price: ``apart`` from the revenue, or ``rejected``.
        locale: of the report's page: its first language, and the region whose figures and dates it has, as ``en-GB``.
        shard_map: ``distributed`` runs the shards of a report as executions of their own, ``inline`` in the report's
            own; ``auto`` is the first on AWS, and the second on the local platform.
        shards_at_once: how many shards of a report run at the same time.
        task_disk_gib: GiB of scratch disk of a report's tasks at least, 21 to 200; the plan asks for more by itself.
        point_in_time_export: a day's report reads an export of the orders table, not the table itself.
        public_tasks: tasks in public subnets (nothing gets in), instead of private ones with endpoints of AWS.
        kubernetes_version: of the cluster, as ``1.36``.
        nodes: ``auto`` leaves nodes to EKS Auto Mode, which adds and removes them as pods need; ``managed`` has a node
            group of a fixed size and security groups for pods.
        managed_nodes: how many nodes ``nodes=managed`` has; nothing adds one when pods do not fit.
        public_nodes: nodes in public subnets (nothing gets in), instead of private ones with endpoints of AWS.
        private_cluster: Kubernetes' API is reachable only from inside the cluster's VPC.
        kubernetes_api_cidrs: IPv4 blocks from which Kubernetes' public API may be called, separated by commas; required
            in production unless ``private_cluster=true``.
        availability_zones: where networks have their subnets, separated by commas; by default the region's first two.
        cluster_admin_arn: IAM role or user that may administer the cluster; required on AWS by k8s.
        requests_per_address: how many requests in five minutes the firewall takes from one address.
        private_api: reachable only through an interface endpoint inside a VPC.
        vpc_id: an existing VPC for the private API's endpoint; without it one is created.
        vpc_cidr: address range of that VPC, which may call the endpoint.
        vpc_subnet_ids: that VPC's subnets for the endpoint, separated by commas.
        vpc_availability_zones: those subnets' availability zones, in the same order.
    """

    stage: str = "local"
    target: Target = Target.LOCAL
    region: str = "us-east-1"
    account: str | None = None
    endpoint_url: str | None = None
    alarm_email: str | None = None
    site_origin: str | None = None
    sender_email: str | None = None
    sender_identity: str | None = None
    sender_configuration_set: str | None = None
    operator_email: str | None = None
    operator_phone: str | None = field(default=None, repr=False)
    partner_url: str | None = None
    time_zone: str = "UTC"
    report_schedule: str | None = None
    file_prices: str = "auto"
    file_returns: str = "apart"
    locale: str = "en"
    shard_map: ShardMap = ShardMap.AUTO
    shards_at_once: int = 4
    task_disk_gib: int = 21
    point_in_time_export: bool = False
    public_tasks: bool = False
    kubernetes_version: str = KUBERNETES_VERSION
    nodes: Nodes = Nodes.AUTO
    managed_nodes: int = 2
    public_nodes: bool = False
    private_cluster: bool = False
    kubernetes_api_cidrs: tuple[str, ...] = ()
    availability_zones: tuple[str, ...] = ()
    cluster_admin_arn: str | None = None
    requests_per_address: int = 10_000
    private_api: bool = False
    vpc_id: str | None = None
    vpc_cidr: str | None = None
    vpc_subnet_ids: tuple[str, ...] = ()
    vpc_availability_zones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be deployed.

        Raises:
            SettingsError: naming the first setting that is wrong.
        """
        check_formats({x.name: getattr(self, x.name) for x in fields(self)})
        if self.report_schedule and (why := why_refused(self.report_schedule, self.time_zone)):
            raise SettingsError("report_schedule", why)
        if self.on_aws:
            self._check_aws()
        else:
            self._check_local()
        if self.vpc_id is not None and not (self.private_api and self.vpc_cidr and self.vpc_subnet_ids):
            raise SettingsError("vpc_id", "also needs private_api=true, vpc_cidr and vpc_subnet_ids")
        if len(self.vpc_availability_zones) != len(self.vpc_subnet_ids):
            raise SettingsError("vpc_availability_zones", "must name one zone for each of vpc_subnet_ids")

    def _check_local(self) -> None:
        for name, lacks in _AWS_ONLY.items():
            if getattr(self, name):
                raise SettingsError(name, f"needs target=aws: the local platform {lacks}")

    def _check_aws(self) -> None:
        if self.endpoint_url is not None:
            raise SettingsError("endpoint_url", "is for target=local only")
        if self.stage == "local":
            raise SettingsError("stage", "must be given for target=aws, for example stage=dev ('local' is taken)")
        for name in ("site_origin", "partner_url"):
            if not (getattr(self, name) or "https://").startswith("https://"):
                raise SettingsError(name, "must begin with https:// for target=aws")
        if self.production and self.alarm_email is None:
            raise SettingsError("alarm_email", "is required for stage=production, which needs an alarm recipient")

    def require(self, names: Iterable[str], *, of: str) -> None:
        """Refuse an AWS deployment of the pattern ``of`` without these settings; locally each has a value of its own.

        Raises:
            SettingsError: naming the first that is missing.
        """
        where = "stage=production" if self.production else "target=aws"
        for name in names:
            if name == "kubernetes_api_cidrs" and self.private_cluster:
                continue
            if self.on_aws and getattr(self, name) in (None, ()):
                raise SettingsError(name, f"is required to deploy {of} to {where}: {WHAT_FOR[name]}")

    @property
    def on_aws(self) -> bool:
        """Whether the stacks go to AWS."""
        return self.target is Target.AWS

    @property
    def production(self) -> bool:
        """Whether this is the stage that customers use."""
        return self.stage == PRODUCTION

    @property
    def browser_origin(self) -> str:
        """The origin that CORS allows."""
        return self.site_origin or LOCAL_SITE_ORIGIN

    @property
    def mail_sender(self) -> str:
        """The address that customers get mail from."""
        return self.sender_email or LOCAL_SENDER

    @property
    def mail_identity(self) -> str:
        """The verified identity of SES that the sender belongs to."""
        return self.sender_identity or self.mail_sender

    @property
    def deploy_account(self) -> str | None:
        """The account to synthesize for, ``None`` when the deployment's credentials decide."""
        return self.account if self.on_aws else self.account or LOCAL_ACCOUNT

    @property
    def shards_run(self) -> ShardMap:
        """How the shards of a report are run."""
        by_target = ShardMap.DISTRIBUTED if self.on_aws else ShardMap.INLINE
        return by_target if self.shard_map is ShardMap.AUTO else self.shard_map

    def context(self) -> dict[str, str]:
        """Return the settings as CDK context; ``from_mapping`` of it gives equal settings."""
        return {x.name: text for x in fields(self) if (text := as_text(getattr(self, x.name)))}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "Settings":
        """Return settings from texts (``None`` and empty text mean "not given").

        Raises:
            SettingsError: naming the setting that is unknown, missing or wrong.
        """
        known = get_type_hints(cls)
        for name in values:
            if name not in known:
                raise SettingsError(name, f"is not known; there are {', '.join(sorted(known))}")
        given: dict[str, Any] = {
            name: read_text(name, value, known[name]) for name, value in values.items() if value not in (None, "")
        }
        return cls(**given)

    @classmethod
    def from_context(cls, node: "Node") -> "Settings":
        """Return settings from the CDK app's context (``cdk -c stage=dev -c target=aws …``)."""
        values = {x.name: node.try_get_context(x.name) for x in fields(cls)}
        if not values["account"] and values["target"] == Target.AWS:
            values["account"] = os.environ.get("CDK_DEFAULT_ACCOUNT")
        return cls.from_mapping(values)


_AWS_ONLY = {"private_api": "has no VPC endpoints", "point_in_time_export": "exports no tables"}
