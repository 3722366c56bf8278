"""Wires the steps, once: settings, adapters, use cases."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_batch.adapters.dynamodb_orders_scan import DynamoDBOrdersScan
from patterns_batch.adapters.pseudonym_secret import PseudonymSecret
from patterns_batch.adapters.s3_inputs import S3Inputs
from patterns_batch.adapters.s3_objects import S3Objects
from patterns_batch.application.combining import Combiner
from patterns_batch.application.merging import Merger
from patterns_batch.application.planning import Planner
from patterns_batch.application.ports import Inputs, Objects, OrdersTable, Pseudonyms, Stopping
from patterns_batch.application.publishing import Publisher
from patterns_batch.application.sharding import Sharder
from patterns_batch.application.sources import Sources
from patterns_batch.application.usage import Usage
from patterns_batch.settings import Settings
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.clock import utc_now
from patterns_shared.ports import Clock

__all__ = ["Ports", "Steps", "bootstrap", "steps_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the steps need from outside."""

    objects: Objects
    inputs: Inputs
    table: OrdersTable
    pseudonyms: Pseudonyms
    now: Clock = utc_now


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps, ready to be called."""

    settings: Settings
    objects: Objects
    planner: Planner
    sharder: Sharder
    combiner: Combiner
    merger: Merger
    publisher: Publisher
    usage: Usage


def bootstrap(environment: Mapping[str, str], stopping: Stopping) -> Steps:
    """Return the steps.

    Raises:
        BadInput: naming the environment variable that is absent or has an impossible value.
    """
    settings = Settings.from_environment(environment)
    usage = Usage(cpu=settings.task_cpu, memory=settings.task_memory)
    # A page of a scan or a part of a file takes longer than what a customer would wait for.
    s3 = create_client("s3", connect_timeout=5.0, read_timeout=60.0, max_attempts=5)
    dynamodb = create_client("dynamodb", connect_timeout=5.0, read_timeout=30.0, max_attempts=8)
    ports = Ports(
        objects=S3Objects(s3, settings.bucket),
        inputs=S3Inputs(s3),
        table=DynamoDBOrdersScan(dynamodb, create_client("ssm", read_timeout=10.0), settings.stage),
        pseudonyms=PseudonymSecret(create_client("secretsmanager", read_timeout=10.0), settings.secret),
    )
    s3.meta.events.register("request-created.s3", lambda operation_name, **_: usage.count_request(operation_name))
    return steps_with(settings, ports, stopping, usage)


def steps_with(settings: Settings, ports: Ports, stopping: Stopping, usage: Usage | None = None) -> Steps:
    """Return the steps on these ports, whatever is behind them."""
    used = usage or Usage(cpu=settings.task_cpu, memory=settings.task_memory)
    sources = Sources(ports.inputs, ports.table, ports.objects, stopping)
    return Steps(
        settings,
        ports.objects,
        Planner(
            settings=settings,
            objects=ports.objects,
            inputs=ports.inputs,
            table=ports.table,
            pseudonyms=ports.pseudonyms,
            now=ports.now,
            usage=used,
        ),
        Sharder(
            settings=settings, objects=ports.objects, sources=sources, pseudonyms=ports.pseudonyms, stopping=stopping
        ),
        Combiner(settings=settings, objects=ports.objects, pseudonyms=ports.pseudonyms, stopping=stopping),
        Merger(settings=settings, objects=ports.objects, sources=sources, pseudonyms=ports.pseudonyms),
        Publisher(settings=settings, objects=ports.objects, usage=used),
        used,
    )
