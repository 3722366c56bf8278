"""What flows between the resources of one stack, and to those of others, as its template says it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from patterns_cli.connections.templates import logical_ids, name_of, texts, type_of, values_at
from patterns_infra.synthesized import SynthesizedStack

__all__ = ["DEFAULT_BUS", "StackFlows"]

DEFAULT_BUS, _CUSTOMER, _MAILBOX = "aws.DefaultBus", "outside.Customer", "outside.Mailbox"
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
    ("Events::Archive", DEFAULT_BUS, _ITSELF, "archive"),
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
_READS = re.compile(
    r"dynamodb:(BatchGetItem|GetItem|Query|Scan)|s3:GetObject|secretsmanager:GetSecretValue|sqs:(GetQueueAttributes|ReceiveMessage)"
)
_WRITES = re.compile(
    r"dynamodb:(DeleteItem|PartiQLInsert|PutItem|UpdateItem)|ecs:RunTask|events:PutEvents|s3:PutObject|"
    r"ses:SendEmail|sns:Publish|sqs:SendMessage|states:StartExecution"
)
_ROLES = ("Role", "RoleArn", "TaskRoleArn")


class StackFlows:
    """The flows that one stack's template says: from where, to where, and why."""

    def __init__(
        self, pattern: str, stack: SynthesizedStack, main: Mapping[str, str], names: Mapping[str, str]
    ) -> None:
        """Read a pattern's stack; ``main`` has all main resources, ``names`` finds them by names of their own."""
        self._pattern, self._resources, self._main, self._names = pattern, stack.resources, main, names
        self._parameters: Mapping[str, Any] = stack.template.get("Parameters", {})
        self._users: dict[str, list[str]] = {}
        for logical, resource in stack.resources.items():
            if (name := name_of(pattern, logical)) in main:
                for role in (x for each in _ROLES for x in logical_ids(resource.get("Properties", {}).get(each))):
                    self._users.setdefault(role, []).append(name)

    def flows(self) -> Iterator[tuple[str, str, str]]:
        """Yield both ends and the reason of each flow."""
        for logical, resource in self._resources.items():
            properties = resource.get("Properties", {})
            for _, one, other, why in (x for x in _ENDS if x[0] == type_of(resource)):
                for target in self._end(logical, properties, other):
                    yield from ((source, target, why) for source in self._end(logical, properties, one))
            yield from self._to_outside(logical, type_of(resource), properties)
            for role, policy in _policies(logical, type_of(resource), properties):
                yield from self._permissions(role, policy)

    def _end(self, logical: str, properties: Mapping[str, Any], end: str) -> list[str]:
        if end == _ITSELF:
            return [name_of(self._pattern, logical)]
        if end in (DEFAULT_BUS, _CUSTOMER):
            return [end]
        found = {name for value in values_at(properties, end.split(".")) for name in self._named(value)}
        return sorted(found or ([DEFAULT_BUS] if end == _SOURCE else []))

    def _named(self, value: object) -> Iterator[str]:
        """Yield the main resources that a value names: of this stack, or of another by its own or published name."""
        for logical in logical_ids(value):
            resource = self._resources.get(logical, {"Type": ""})
            if (name := name_of(self._pattern, logical)) in self._main:
                yield name
            elif stands_for := _STANDS_FOR.get(type_of(resource)):
                yield from self._named(resource["Properties"][stands_for])
            elif (name := self._names.get(self._parameters.get(logical, {}).get("Default", ""), "")) in self._main:
                yield name
        for text in (x for x in texts(value) if ":" in x or "/" in x):
            yield from (self._names[part] for part in re.split("[:/]", text) if part in self._names)

    def _to_outside(self, logical: str, kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if kind == "SNS::Subscription" and properties["Protocol"] in ("email", "sms"):
            yield from ((topic, _OPERATORS, "subscription") for topic in self._named(properties["TopicArn"]))
        if kind == "Lambda::Function" and any(values_at(properties, ["Environment", "Variables", "PARTNER_URL"])):
            yield name_of(self._pattern, logical), _PARTNER, "PARTNER_URL"

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
        yield from ((role, properties["PolicyDocument"]) for role in logical_ids(properties["Roles"]))
    for policy in properties.get("Policies", []) if kind == "IAM::Role" else []:
        yield logical, policy["PolicyDocument"]
