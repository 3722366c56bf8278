"""An AWS account of moto's, with as much of the CDK as a deployment of images needs."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3

from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import AwsClient, Place
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.settings import Target

IMAGES, BATCH, WEB_API = "patterns-dev-batch-images", "patterns-dev-batch", "patterns-dev-web-api"
REPOSITORY = "patterns-dev-batch-images-repository"


def _client(service: str) -> AwsClient:
    return cast("Any", boto3).client(service)


@dataclass
class Account:
    """What is deployed where.

    Attributes:
        repositories: the synthesized template of the images' stack.
        steps: what was done to the account, in order.
    """

    repositories: dict[str, Any]
    steps: list[str] = field(default_factory=list)
    fails: str = ""

    @property
    def access(self) -> AwsAccess:
        """The account as a deployment has it."""
        place = Place(Target.AWS, "dev", "us-east-1", "123456789012", None, _client)
        return AwsAccess(place, "arn:aws:iam::123456789012:user/me", {})

    @property
    def stacks(self) -> set[str]:
        """The stacks that CloudFormation knows."""
        return {stack["StackName"] for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]}

    def create(self, stack: str, template: dict[str, Any]) -> None:
        """Let CloudFormation make a stack, unless it is there."""
        if stack not in self.stacks:
            boto3.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))

    def has_image(self, tag: str) -> None:
        """Let there be an image that somebody pushed."""
        self.create(IMAGES, self.template(IMAGES))
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}
        boto3.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag)

    # What stands for the assembly.
    path = Path("/assembly")

    def template(self, stack: str) -> dict[str, Any]:
        """Return a stack's template; of what moto cannot make, one topic."""
        if stack != IMAGES:
            return {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
        resources = json.loads(json.dumps(self.repositories["Resources"]))
        for resource in resources.values():
            resource["Properties"].pop("Tags")  # moto stumbles over those of a parameter
            if resource["Type"] == "AWS::ECR::Repository":
                # moto makes up a name that ECR does not allow; CloudFormation's is like this one.
                resource["Properties"]["RepositoryName"] = REPOSITORY
        return {"Resources": resources}

    def cdk(self, *_: object) -> "Account":
        """Stand for the CDK's command line."""
        return self

    def bootstrap(self, *_: object, **__: object) -> None:
        """Make the CDK's own stack."""
        self.steps.append("bootstrap")
        self.create("CDKToolkit", self.template(""))

    def deploy(self, stack: str, _: Path, **__: object) -> None:
        """Make a stack, or fail as told."""
        self.steps.append(stack)
        if self.fails == stack:
            raise DeployFailed(f"{stack}: the reason")
        self.create(stack, self.template(stack))
