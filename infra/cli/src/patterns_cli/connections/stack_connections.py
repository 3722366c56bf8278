"""The main resources of all stacks, and what connects them.

A resource is named after its pattern and its logical id without the hash, as ``web_api.OrdersTable``. What no template
creates is ``aws.DefaultBus`` or begins with ``outside.``.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from patterns_cli.connections.flows import DEFAULT_BUS, StackFlows
from patterns_cli.connections.templates import logical_ids, name_of, type_of
from patterns_infra.paths import REPOSITORY
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["FILE", "KINDS", "Connections"]

FILE = REPOSITORY / "docs" / "pictures" / "connections.json"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ApiGateway::RestApi": "api",
        "Cognito::UserPool": "user pool",
        "DynamoDB::GlobalTable": "table",
        "DynamoDB::Table": "table",
        "ECR::Repository": "repository",
        "ECS::Cluster": "cluster",
        "ECS::TaskDefinition": "task",
        "EKS::Addon": "add-on",
        "EKS::Cluster": "cluster",
        "EKS::PodIdentityAssociation": "pods",
        "Events::Archive": "archive",
        "Events::EventBus": "bus",
        "Lambda::Function": "function",
        "S3::Bucket": "bucket",
        "SES::ConfigurationSet": "mail",
        "SNS::Topic": "topic",
        "SQS::Queue": "queue",
        "Scheduler::Schedule": "schedule",
        "SecretsManager::Secret": "secret",
        "StepFunctions::StateMachine": "workflow",
        "WAFv2::WebACL": "firewall",
    }
)
"""The types of resources that pictures show, and the symbol of each."""
_NAMES = ("Name", "RepositoryName", "TableName", "TopicName")
"""Properties with a name of its own, by which another stack's template knows a resource."""


class Connections:
    """The main resources of all stacks, with their kinds, and from where to where something flows, with the reasons."""

    def __init__(self, stacks: Mapping[str, Sequence[SynthesizedStack]]) -> None:
        """Read the stacks of each pattern."""
        self.resources: dict[str, str] = {}
        self.between: dict[tuple[str, str], set[str]] = {}
        self._names = {"default": DEFAULT_BUS}
        every = [(pattern, stack) for pattern, parts in stacks.items() for stack in parts]
        for pattern, stack in every:
            self._add_resources(pattern, stack)
        for pattern, stack in every:
            for source, target, why in StackFlows(pattern, stack, self.resources, self._names).flows():
                if source != target:
                    self.between.setdefault((source, target), set()).add(why)
                    for name in (source, target):
                        self.resources.setdefault(name, "bus" if name == DEFAULT_BUS else "outside")

    def _add_resources(self, pattern: str, stack: SynthesizedStack) -> None:
        for logical, resource in stack.resources.items():
            if kind := KINDS.get(type_of(resource)):
                name = name_of(pattern, logical)
                if name in self.resources:
                    raise ValueError(f"two resources are called {name} without the hash of their logical ids")
                self.resources[name] = kind
                properties = resource.get("Properties", {})
                self._names |= {properties[x]: name for x in _NAMES if isinstance(properties.get(x), str)}
            elif type_of(resource) == "SSM::Parameter" and isinstance(resource["Properties"].get("Name"), str):
                for published in logical_ids(resource["Properties"]["Value"]):
                    self._names[resource["Properties"]["Name"]] = name_of(pattern, published)

    def text(self) -> str:
        """Return the file's text, a line for each resource and each connection."""
        resources = [f"    {json.dumps(name)}: {json.dumps(kind)}" for name, kind in sorted(self.resources.items())]
        flows = [f"    {json.dumps([*ends, ', '.join(sorted(whys))])}" for ends, whys in sorted(self.between.items())]
        about = "Main resources of stage production and what flows. Written by python -m patterns_cli.connections."
        blocks = f'"resources": {{\n{_lines(resources)}\n  }},\n  "connections": [\n{_lines(flows)}\n  ]'
        return f'{{\n  "about": {json.dumps(about)},\n  {blocks}\n}}\n'


def _lines(lines: Sequence[str]) -> str:
    return ",\n".join(lines)
