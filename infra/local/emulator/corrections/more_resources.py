"""Resource types, and attributes of one, that the emulator's CloudFormation does not know though its API does.

It refuses a template as a whole when a type is unknown to it:

- ``AWS::ECS::ClusterCapacityProviderAssociations``, which is how the CDK lets a cluster use Fargate Spot;
- ``AWS::EC2::FlowLog``, which the rules of cdk-nag demand of every VPC (it logs nothing here);
- ``AWS::Events::Archive``, from which events are replayed;
- the CIDR blocks of a VPC, which interface endpoints read.
"""

import json
import secrets
from functools import partial
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import ec2, ecs, eventbridge
from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

Properties = dict[str, Any]
Made = tuple[str, Properties]


def correct() -> None:
    """Add them."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::ECS::ClusterCapacityProviderAssociations"] = {
        "create": _associate,
        "update": lambda _, __, new, stack: _associate("", new, stack),
        "delete": lambda cluster, _: _associate("", {"Cluster": cluster}, ""),
    }
    handlers["AWS::EC2::FlowLog"] = {
        "create": _log_flows,
        "delete": lambda flow_log, _: ec2._flow_logs.pop(flow_log, 0),
    }
    handlers["AWS::Events::Archive"] = {
        "create": _archive,
        "update": lambda archive, _, new, __: _archived(archive, new, eventbridge._update_archive),
        "delete": lambda archive, _: eventbridge._archives.pop(archive, None),
    }
    vpc = handlers["AWS::EC2::VPC"]
    vpc |= {"create": partial(_with_blocks, vpc["create"]), "update": partial(_with_blocks, vpc["update"])}


def _associate(_: str, props: Properties, __: str) -> Made:
    """Set a cluster's capacity providers; the resource is known by the cluster."""
    cluster = ecs._resolve_cluster_name(props["Cluster"])
    strategy = provisioners._pascal_to_camel(props.get("DefaultCapacityProviderStrategy") or [])
    request = {
        "cluster": cluster,
        "capacityProviders": props.get("CapacityProviders") or [],
        "defaultCapacityProviderStrategy": strategy,
    }
    status, _headers, body = ecs._put_cluster_capacity_providers(request)
    if status >= 400 and cluster in ecs._clusters:  # noqa: PLR2004 - HTTP; a cluster may be deleted first
        raise ValueError(f"AWS::ECS::ClusterCapacityProviderAssociations failed: {body!r}")
    return cluster, {}


def _archive(logical_id: str, props: Properties, _: str) -> Made:
    """Make an archive, under a name of its own where the template gives none; at most 48 characters."""
    name = props.get("ArchiveName") or f"{logical_id[:35]}-{secrets.token_hex(6)}"
    return _archived(name, props, eventbridge._create_archive)


def _archived(name: str, props: Properties, call: Any) -> Made:
    request = {
        "ArchiveName": name,
        "EventSourceArn": props["SourceArn"],
        "Description": props.get("Description", ""),
        "EventPattern": json.dumps(props["EventPattern"]) if props.get("EventPattern") else "",
        "RetentionDays": int(props.get("RetentionDays") or 0),
    }
    status, _headers, body = call(request)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"AWS::Events::Archive failed: {body!r}")
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"]}


def _log_flows(_: str, props: Properties, __: str) -> Made:
    flow_log = f"fl-{secrets.token_hex(9)[:17]}"
    ec2._flow_logs[flow_log] = {
        "FlowLogId": flow_log,
        "ResourceId": props["ResourceId"],
        "ResourceType": props["ResourceType"],
        "TrafficType": props.get("TrafficType", "ALL"),
        "LogDestinationType": props.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": props.get("LogDestination") or props.get("LogGroupName", ""),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": now_iso(),
    }
    return flow_log, {"Id": flow_log}


def _with_blocks(original: Any, *given: Any, **more: Any) -> Made:
    vpc, attributes = original(*given, **more)
    block = ec2._vpcs[vpc]["CidrBlock"]
    return vpc, {**attributes, "CidrBlock": block, "CidrBlockAssociations": [], "Ipv6CidrBlocks": []}
