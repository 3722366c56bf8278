"""The main resources of the synthesized templates and what connects them, for the pictures of the architecture.

``python -m patterns_cli.connections`` writes them to ``docs/pictures/connections.json``; a test fails when the
templates of stage production connect something else. A resource is named after its pattern and its logical id without
the hash, as ``web_api.OrdersTable``. What no template creates is ``aws.DefaultBus`` or begins with ``outside.``.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["FILE", "KINDS", "Connections", "main", "production_settings"]

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
_BUS, _CUSTOMER, _MAILBOX = "aws.DefaultBus", "outside.Customer", "outside.Mailbox"
_OPERATORS, _PARTNER = "outside.Operators", "outside.Partner"
_ITSELF, _SOURCE = ".", "EventPattern.detail"
"""Ends of flows: the resource itself; what a rule's pattern names, such as a bucket, or else the bus."""
_ENDS: Sequence[tuple[str, str, str, str]] = (
    ("ApiGateway::Authorizer", "RestApiId", "ProviderARNs", "authorizer"),
    ("ApiGateway::Method", "RestApiId", "Integration.Uri", "integration"),
    ("ApiGateway::RestApi", _CUSTOMER, _ITSELF, "requests"),
    ("Cognito::UserPoolClient", _CUSTOMER, "UserPoolId", "client of the user pool"),
    ("EKS::Addon", "ClusterName", _ITSELF, "add-on"),
    ("ECS::TaskDefinition", "ContainerDefinitions.Image", _ITSELF, "image"),
    ("Events::Archive", _BUS, _ITSELF, "archive"),
    ("Events::Rule", _SOURCE, "Targets.Arn", "rule"),
    ("Lambda::EventSourceMapping", "EventSourceArn", "FunctionName", "event source mapping"),
    ("Lambda::EventSourceMapping", "FunctionName", "DestinationConfig", "destination of failures"),
    ("SNS::Subscription", "TopicArn", "Endpoint", "subscription"),
    ("SQS::Queue", _ITSELF, "RedrivePolicy", "redrive policy"),
    ("Scheduler::Schedule", _ITSELF, "Target.Arn", "target"),
    ("StepFunctions::StateMachine", _ITSELF, "DefinitionString", "definition"),
    ("WAFv2::WebACLAssociation", "WebACLArn", "ResourceArn", "firewall"),
)
"""What says that something flows: a type, its properties with both ends, and what such a flow is called."""
_STANDS_FOR = {
    "ApiGateway::Stage": "RestApiId",
    "Cognito::UserPoolClient": "UserPoolId",
    "Lambda::Alias": "FunctionName",
    "Lambda::Version": "FunctionName",
}
_NAMES = ("Name", "RepositoryName", "TableName", "TopicName")
"""Properties with a name of its own, by which another stack's template knows a resource."""
_READS = re.compile(
    r"dynamodb:(BatchGetItem|GetItem|Query|Scan)|s3:GetObject|secretsmanager:GetSecretValue|sqs:(GetQueueAttributes|ReceiveMessage)"
)
_WRITES = re.compile(
    r"dynamodb:(DeleteItem|PartiQLInsert|PutItem|UpdateItem)|ecs:RunTask|events:PutEvents|s3:PutObject|"
    r"ses:SendEmail|sns:Publish|sqs:SendMessage|states:StartExecution"
)
_ROLES = ("Role", "RoleArn", "TaskRoleArn")


class Connections:
    """The main resources of all stacks, with their kinds, and from where to where something flows, with the reasons."""

    def __init__(self, stacks: Mapping[str, Sequence[SynthesizedStack]]) -> None:
        """Read the stacks of each pattern."""
        self.resources: dict[str, str] = {}
        self.between: dict[tuple[str, str], set[str]] = {}
        self._names = {"default": _BUS}
        every = [(pattern, stack) for pattern, parts in stacks.items() for stack in parts]
        for pattern, stack in every:
            self._add_resources(pattern, stack)
        for pattern, stack in every:
            for source, target, why in _StackReader(pattern, stack, self.resources, self._names).flows():
                if source != target:
                    self.between.setdefault((source, target), set()).add(why)
                    for name in (source, target):
                        self.resources.setdefault(name, "bus" if name == _BUS else "outside")

    def _add_resources(self, pattern: str, stack: SynthesizedStack) -> None:
        for logical, resource in stack.resources.items():
            if kind := KINDS.get(_type(resource)):
                name = _name(pattern, logical)
                if name in self.resources:
                    raise ValueError(f"two resources are called {name} without the hash of their logical ids")
                self.resources[name] = kind
                properties = resource.get("Properties", {})
                self._names |= {properties[x]: name for x in _NAMES if isinstance(properties.get(x), str)}
            elif _type(resource) == "SSM::Parameter" and isinstance(resource["Properties"].get("Name"), str):
                for published in _logical_ids(resource["Properties"]["Value"]):
                    self._names[resource["Properties"]["Name"]] = _name(pattern, published)

    def text(self) -> str:
        """Return the file's text, a line for each resource and each connection."""
        resources = [f"    {json.dumps(name)}: {json.dumps(kind)}" for name, kind in sorted(self.resources.items())]
        flows = [f"    {json.dumps([*ends, ', '.join(sorted(whys))])}" for ends, whys in sorted(self.between.items())]
        about = "Main resources of stage production and what flows. Written by python -m patterns_cli.connections."
        blocks = f'"resources": {{\n{_lines(resources)}\n  }},\n  "connections": [\n{_lines(flows)}\n  ]'
        return f'{{\n  "about": {json.dumps(about)},\n  {blocks}\n}}\n'


class _StackReader:
    def __init__(
        self, pattern: str, stack: SynthesizedStack, main: Mapping[str, str], names: Mapping[str, str]
    ) -> None:
        self._pattern, self._resources, self._main, self._names = pattern, stack.resources, main, names
        self._parameters: Mapping[str, Any] = stack.template.get("Parameters", {})
        self._users: dict[str, list[str]] = {}
        for logical, resource in stack.resources.items():
            if (name := _name(pattern, logical)) in main:
                for role in (x for each in _ROLES for x in _logical_ids(resource.get("Properties", {}).get(each))):
                    self._users.setdefault(role, []).append(name)

    def flows(self) -> Iterator[tuple[str, str, str]]:
        """Yield both ends and the reason of each flow."""
        for logical, resource in self._resources.items():
            properties = resource.get("Properties", {})
            for _, one, other, why in (x for x in _ENDS if x[0] == _type(resource)):
                for target in self._end(logical, properties, other):
                    yield from ((source, target, why) for source in self._end(logical, properties, one))
            yield from self._to_outside(logical, _type(resource), properties)
            for role, policy in _policies(logical, _type(resource), properties):
                yield from self._permissions(role, policy)

    def _end(self, logical: str, properties: Mapping[str, Any], end: str) -> list[str]:
        if end == _ITSELF:
            return [_name(self._pattern, logical)]
        if end in (_BUS, _CUSTOMER):
            return [end]
        found = {name for value in _at(properties, end.split(".")) for name in self._named(value)}
        return sorted(found or ([_BUS] if end == _SOURCE else []))

    def _named(self, value: object) -> Iterator[str]:
        """Yield the main resources that a value names: of this stack, or of another by its own or published name."""
        for logical in _logical_ids(value):
            resource = self._resources.get(logical, {"Type": ""})
            if (name := _name(self._pattern, logical)) in self._main:
                yield name
            elif stands_for := _STANDS_FOR.get(_type(resource)):
                yield from self._named(resource["Properties"][stands_for])
            elif (name := self._names.get(self._parameters.get(logical, {}).get("Default", ""), "")) in self._main:
                yield name
        for text in (x for x in _texts(value) if ":" in x or "/" in x):
            yield from (self._names[part] for part in re.split("[:/]", text) if part in self._names)

    def _to_outside(self, logical: str, kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if kind == "SNS::Subscription" and properties["Protocol"] in ("email", "sms"):
            yield from ((topic, _OPERATORS, "subscription") for topic in self._named(properties["TopicArn"]))
        if kind == "Lambda::Function" and any(_at(properties, ["Environment", "Variables", "PARTNER_URL"])):
            yield _name(self._pattern, logical), _PARTNER, "PARTNER_URL"

    def _permissions(self, role: str, policy: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        for statement in policy["Statement"]:
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            named = set(self._named(statement["Resource"]))
            for user, action in ((x, y) for x in self._users.get(role, ()) for y in actions):
                if action == "ses:SendEmail":
                    yield from ((name, _MAILBOX, "mail") for name in named)
                if _READS.match(action):
                    yield from ((name, user, action) for name in named)
                if _WRITES.match(action):
                    yield from ((user, name, action) for name in named)


def _policies(logical: str, kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if kind == "IAM::Policy":
        yield from ((role, properties["PolicyDocument"]) for role in _logical_ids(properties["Roles"]))
    for policy in properties.get("Policies", []) if kind == "IAM::Role" else []:
        yield logical, policy["PolicyDocument"]


def _type(resource: Mapping[str, Any]) -> str:
    return str(resource["Type"]).removeprefix("AWS::")


def _name(pattern: str, logical: str) -> str:
    """Return how a resource is called here: the CDK ends logical ids with eight digits of a hash."""
    return f"{pattern}.{re.sub('[0-9A-F]{8}$', '', logical)}"


def _at(value: object, path: Sequence[str]) -> Iterator[object]:
    """Yield what is at a path of properties; a list on the way is gone through."""
    if isinstance(value, list):
        for inner in value:
            yield from _at(inner, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _logical_ids(value: object) -> Iterator[str]:
    """Yield the logical ids that a value of a template refers to."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _logical_ids(inner)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _lines(lines: Sequence[str]) -> str:
    return ",\n".join(lines)


def production_settings() -> Settings:
    """Return the settings of the stage that is drawn."""
    from patterns_infra.synth_check import VARIANTS  # noqa: PLC0415 - imports the CDK

    return Settings.from_mapping(VARIANTS["production"])


def main() -> None:
    """Write the file."""
    from patterns_infra.synth import synthesize  # noqa: PLC0415 - imports the CDK

    settings = production_settings()
    assembly = synthesize(settings)
    stacks = {
        name: [SynthesizedStack(assembly, stack) for stack in pattern.stack_names(settings.stage)]
        for name, pattern in PATTERNS.items()
    }
    FILE.write_text(Connections(stacks).text())
    sys.stderr.write(f"wrote {FILE.relative_to(REPOSITORY)}\n")


if __name__ == "__main__":
    main()
