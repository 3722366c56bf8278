"""A synthesized template, asked by what its resources are and do, never by generated ids."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["SynthesizedStack", "definition_of"]


class SynthesizedStack:
    """One stack of a cloud assembly. Types are named without ``AWS::``, as in ``SQS::Queue``."""

    def __init__(self, assembly: Path, name: str) -> None:
        """Read the stack's template, and whether CloudFormation is to protect it."""
        manifest = json.loads((assembly / "manifest.json").read_text())
        properties = manifest["artifacts"][name]["properties"]
        self.protected: bool = properties.get("terminationProtection", False)
        self.template: dict[str, Any] = json.loads((assembly / properties["templateFile"]).read_text())
        self.resources: dict[str, dict[str, Any]] = dict(self.template["Resources"])

    @classmethod
    def of(cls, template: Mapping[str, Any]) -> "SynthesizedStack":
        """Return a stack of a template that was read elsewhere."""
        stack = cls.__new__(cls)
        stack.protected = False
        stack.template = dict(template)
        stack.resources = dict(template["Resources"])
        return stack

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type by logical id."""
        return {name: x for name, x in self.resources.items() if x["Type"] == f"AWS::{kind}"}

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return the properties of every resource of a type."""
        return [x.get("Properties", {}) for x in self.of_type(kind).values()]

    def only(self, kind: str) -> dict[str, Any]:
        """Return the properties of the one resource of a type."""
        (found,) = self.all(kind)
        return found

    def id_of(self, kind: str, **properties: object) -> str:
        """Return the logical id of the one resource of a type with these properties."""
        (found,) = (
            name
            for name, x in self.of_type(kind).items()
            if all(x.get("Properties", {}).get(key) == value for key, value in properties.items())
        )
        return found

    def function(self, entrypoint: str) -> dict[str, Any]:
        """Return the properties of the function of an entrypoint such as ``api`` or ``ledger``."""
        handler = f".entrypoints.{entrypoint}.lambda_handler"
        (found,) = (x for x in self.all("Lambda::Function") if x["Handler"].endswith(handler))
        return found

    def statements_of(self, function: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return every policy statement of a function's role; managed policies are refused."""
        role = function["Role"]["Fn::GetAtt"][0]
        properties = self.resources[role]["Properties"]
        if properties.get("ManagedPolicyArns"):
            raise AssertionError(f"{role} has managed policies")
        found = [x for policy in properties.get("Policies", []) for x in policy["PolicyDocument"]["Statement"]]
        for policy in self.all("IAM::Policy"):
            if {"Ref": role} in policy["Roles"]:
                found += policy["PolicyDocument"]["Statement"]
        return found

    def methods(self) -> dict[str, dict[str, Any]]:
        """Return the REST API's methods by ``GET /path``."""
        resources = self.of_type("ApiGateway::Resource")

        def path(reference: Mapping[str, Any]) -> str:
            resource = resources.get(reference.get("Ref", ""))
            if resource is None:
                return ""
            return f"{path(resource['Properties']['ParentId'])}/{resource['Properties']['PathPart']}"

        return {f"{x['HttpMethod']} {path(x['ResourceId']) or '/'}": x for x in self.all("ApiGateway::Method")}


def definition_of(stack: SynthesizedStack) -> dict[str, Any]:
    """Return the stack's state machine in the States Language; references to other resources are ``REF``."""
    text = stack.only("StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    document: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "REF" for part in text))
    return document
