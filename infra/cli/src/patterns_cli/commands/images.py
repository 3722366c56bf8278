"""`patterns images`: building container images, and pushing them to AWS without deploying what runs them."""

import os
import sys

from patterns_cli.commands.changing import Order, open_for, shown_images
from patterns_cli.commands.confirming import confirm
from patterns_cli.commands.failures import WrongUse
from patterns_deploy.container_program import find_container_program
from patterns_deploy.folder import LocalFolder
from patterns_deploy.image_delivery import Delivery, images_of, program_for
from patterns_deploy.progress import Timings, progress_for
from patterns_deploy.runner import Runner
from patterns_infra.registry import PATTERNS, Pattern

__all__ = ["build", "push"]


def build(order: Order) -> None:
    """Build the images of the named patterns and print their local names, one a line.

    Raises:
        NoContainerProgram: nothing on this machine can.
        DeployFailed: with what the program said.
    """
    images = images_of(_with_images(order))
    program = find_container_program(os.environ)
    folder = LocalFolder.default()
    folder.prepare()
    with progress_for(sys.stderr) as report:
        runner = Runner(folder.deploy_log)
        try:
            Delivery(images, runner, Timings(report), program).build()
        except BaseException:
            runner.end_all()
            raise
    sys.stdout.write("".join(f"{image.name}\n" for image in images))


def push(order: Order) -> None:
    """Create the repositories of the named patterns and push what they lack: the first half of a deployment.

    Raises: as `patterns_cli.commands.changing.deploy`.
    """
    chosen = _with_images(order)
    access, settings = open_for(order, chosen)
    images = images_of(chosen, access.place)
    program = program_for(images)
    stacks = {"stacks": ", ".join(pattern.images_stack_name(settings.stage) for pattern in chosen)}
    confirm("push to", access, stacks | shown_images(images), yes=order.yes)
    from patterns_deploy.aws_deployment import deploy_images  # noqa: PLC0415 - not needed to refuse

    with progress_for(sys.stderr) as report:
        deploy_images(access, settings, chosen, images=images, program=program, report=report)
    sys.stderr.write("pushed; deploy finds them there\n")


def _with_images(order: Order) -> tuple[Pattern, ...]:
    chosen = order.chosen()
    for pattern in chosen:
        if not pattern.images:
            those = ", ".join(name for name, each in PATTERNS.items() if each.images)
            raise WrongUse(f"{pattern.name} runs no container image; there are {those}")
    return chosen
