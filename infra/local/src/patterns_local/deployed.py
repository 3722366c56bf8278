"""What is deployed on this run of the platform, and from which sources: a second `up` has nothing to do."""

import json
from collections.abc import Mapping

from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import AwsClient

__all__ = ["forget_digest", "read_digests", "record_digest", "stacks_in_order"]

_IN_ORDER = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def read_digests(folder: LocalFolder) -> Mapping[str, str]:
    """Return the source digest of every stack that was deployed to its end."""
    try:
        digests: dict[str, str] = json.loads(folder.deployed.read_text())
    except (OSError, ValueError):
        return {}
    return digests


def record_digest(folder: LocalFolder, stack: str, digest: str) -> None:
    """Remember what a stack was deployed from."""
    _write(folder, {**read_digests(folder), stack: digest})


def forget_digest(folder: LocalFolder, stack: str) -> None:
    """Forget a stack: it is about to change, or gone."""
    _write(folder, {name: digest for name, digest in read_digests(folder).items() if name != stack})


def stacks_in_order(cloudformation: AwsClient) -> set[str]:
    """Return the names of the stacks whose last deployment succeeded."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {x["StackName"] for page in pages for x in page["Stacks"] if x["StackStatus"] in _IN_ORDER}


def _write(folder: LocalFolder, digests: Mapping[str, str]) -> None:
    write_atomically(folder.deployed, json.dumps(digests, indent=2) + "\n")
