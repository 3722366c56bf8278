"""What is deployed, found by what it is for, never by a generated name."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from tests.clients import administrator

from patterns_local.platform import Platform

__all__ = ["DeployedStack", "WebApiStack"]


class DeployedStack:
    """A pattern's deployed resources."""

    def __init__(self, platform: Platform, name: str) -> None:
        """Look at the stack of this name."""
        self._platform = platform
        self._name = name

    @cached_property
    def resources(self) -> list[tuple[str, str]]:
        """CloudFormation type and physical name of every resource."""
        pages = administrator(self._platform, "cloudformation").get_paginator("list_stack_resources")
        found = [item for page in pages.paginate(StackName=self._name) for item in page["StackResourceSummaries"]]
        return [(item["ResourceType"], item["PhysicalResourceId"]) for item in found]

    def names(self, kind: str) -> list[str]:
        """Return the physical names of a type such as ``AWS::IAM::Role``."""
        return [name for type_, name in self.resources if type_ == kind]

    def function(self, entrypoint: str) -> dict[str, Any]:
        """Return the configuration of the function that runs an entrypoint such as ``api`` or ``ledger``."""
        client = administrator(self._platform, "lambda")
        handler = f".entrypoints.{entrypoint}.lambda_handler"
        for name in self.names("AWS::Lambda::Function"):
            configuration: dict[str, Any] = client.get_function_configuration(FunctionName=name)
            if configuration["Handler"].endswith(handler):
                return configuration
        raise LookupError(f"{self._name} has no function that runs {handler}")

    def environment(self, entrypoint: str) -> dict[str, str]:
        """Return the variables of a function."""
        variables: dict[str, str] = self.function(entrypoint)["Environment"]["Variables"]
        return variables

    def log_group(self, entrypoint: str) -> str:
        """Return where a function's log goes."""
        group: str = self.function(entrypoint)["LoggingConfig"]["LogGroup"]
        return group

    @contextmanager
    def redirected(self, entrypoint: str, **endpoints: str) -> Iterator[None]:
        """Let a function reach a service elsewhere: ``eventbridge="http://…"``."""
        elsewhere = {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()}
        with self.with_variables(entrypoint, elsewhere):
            yield

    @contextmanager
    def with_variables(self, entrypoint: str, variables: Mapping[str, str]) -> Iterator[None]:
        """Give a function other variables for a while."""
        client = administrator(self._platform, "lambda")
        name, before = self.function(entrypoint)["FunctionName"], self.environment(entrypoint)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {**before, **variables}})
        client.get_waiter("function_updated_v2").wait(FunctionName=name)
        try:
            yield
        finally:
            client.update_function_configuration(FunctionName=name, Environment={"Variables": before})
            client.get_waiter("function_updated_v2").wait(FunctionName=name)

    def _queue_url(self, arn: str) -> str:
        url: str = administrator(self._platform, "sqs").get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        return url


class WebApiStack(DeployedStack):
    """The web API's deployed resources."""

    @property
    def outcome_queue(self) -> str:
        """URL of the queue that outcomes arrive in."""
        name = self.function("outcome")["FunctionName"]
        [mapping] = administrator(self._platform, "lambda").list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]
        return self._queue_url(mapping["EventSourceArn"])

    @property
    def outcome_dead_letters(self) -> str:
        """URL of the queue of outcomes that could not be read."""
        attributes = administrator(self._platform, "sqs").get_queue_attributes(
            QueueUrl=self.outcome_queue, AttributeNames=["RedrivePolicy"]
        )
        return self._queue_url(json.loads(attributes["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"])

    @property
    def relay_dead_letters(self) -> str:
        """URL of the queue of changes that never became events."""
        return self.environment("relay")["RELAY_DEAD_LETTER_URL"]
