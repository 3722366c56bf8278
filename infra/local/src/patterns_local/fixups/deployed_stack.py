"""A deployed stack as the fixups see it: the template's resources with their physical names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from patterns_deploy.place import AwsClient

__all__ = ["DeployedResource", "DeployedStack"]


@dataclass(frozen=True, slots=True)
class DeployedResource:
    """One resource: its properties with `Ref` and `Fn::Join` worked out."""

    logical_id: str
    physical_id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack that exists.

    Attributes:
        name: of the stack.
        template: as it was synthesized.
        physical_ids: by logical id.
        pseudo_parameters: values of `AWS::Region` and its like.
        client: makes a client of a service.
    """

    name: str
    template: Mapping[str, Any]
    physical_ids: Mapping[str, str]
    pseudo_parameters: Mapping[str, str]
    client: Callable[[str], AwsClient]

    @classmethod
    def describe(cls, name: str, template: Mapping[str, Any], client: Callable[[str], AwsClient]) -> "DeployedStack":
        """Read the physical names of a stack's resources."""
        cloudformation = client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        found = {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
        }
        pseudo_parameters = {
            "AWS::Partition": "aws",
            "AWS::Region": cloudformation.meta.region_name,
            "AWS::AccountId": client("sts").get_caller_identity()["Account"],
        }
        return cls(name, template, found, pseudo_parameters, client)

    def resources(self, kind: str) -> Iterator[DeployedResource]:
        """Yield the stack's resources of a type such as ``AWS::DynamoDB::Table``."""
        for logical_id, resource in self.template["Resources"].items():
            if resource["Type"] == kind and logical_id in self.physical_ids:
                properties = self.resolve(resource.get("Properties", {}))
                yield DeployedResource(logical_id, self.physical_ids[logical_id], properties)

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - a template is untyped JSON
        """Return a template's value with `Ref` and `Fn::Join` worked out; other functions stay as they are."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self.physical_ids.get(value["Ref"]) or self.pseudo_parameters.get(value["Ref"], value)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        if set(resolved) == {"Fn::Join"}:
            separator, parts = resolved["Fn::Join"]
            return separator.join(parts) if all(isinstance(part, str) for part in parts) else resolved
        return resolved
