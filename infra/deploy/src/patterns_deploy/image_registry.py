"""ECR as a pattern's images know it: which repository is whose, what is in it, how to get in."""

import base64
from dataclasses import dataclass
from urllib.parse import urlsplit

from patterns_deploy.container_program import SignIn
from patterns_deploy.place import AwsClient, Place
from patterns_infra.container_images import repository_parameter

__all__ = ["Repository", "find_repository"]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository.

    Attributes:
        name: in its registry.
        uri: without a tag.
    """

    name: str
    uri: str
    _ecr: AwsClient

    def has(self, tag: str) -> bool:
        """Return whether an image with this tag is there. Tags are immutable: it is the one that was pushed first."""
        try:
            self._ecr.describe_images(repositoryName=self.name, imageIds=[{"imageTag": tag}])
        except self._ecr.exceptions.ImageNotFoundException:
            return False
        return True

    def count(self) -> int:
        """Return how many images are in it."""
        pages = self._ecr.get_paginator("describe_images").paginate(repositoryName=self.name)
        return sum(len(page["imageDetails"]) for page in pages)

    def sign_in(self) -> SignIn:
        """Return what its registry takes for the next twelve hours."""
        (given,) = self._ecr.get_authorization_token()["authorizationData"]
        user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        endpoint = given["proxyEndpoint"]
        return SignIn(urlsplit(endpoint).netloc or endpoint, user, password)


def find_repository(place: Place, package: str) -> Repository | None:
    """Return the repository of a member's image, `None` while the stack that makes it is not deployed."""
    ssm, ecr = place.client("ssm"), place.client("ecr")
    try:
        name = ssm.get_parameter(Name=repository_parameter(place.stage, package))["Parameter"]["Value"]
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    except (ssm.exceptions.ParameterNotFound, ecr.exceptions.RepositoryNotFoundException):
        return None
    return Repository(name, found["repositoryUri"], ecr)
