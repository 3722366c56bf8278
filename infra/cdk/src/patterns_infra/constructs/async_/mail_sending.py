"""The right to send mail from the shop's address."""

from aws_cdk import Stack

from patterns_infra.constructs.async_.mail_feedback import configuration_set_arn
from patterns_infra.constructs.common.acknowledgement import acknowledge, arn_in_findings
from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.settings import Settings

__all__ = ["grant_sending"]


def grant_sending(consumer: PythonFunction, *, settings: Settings, configuration_set: str) -> None:
    """Let a function send from the shop's address through a configuration set, given by its ARN.

    SES knows the address itself or its whole domain, and authorizes the configuration set with the identity: the one
    that the call names, and where it looks at the identity's default first, that one.

    In SES's sandbox it authorizes the call for the recipient's identity, too, which has to be verified there.
    Production is outside the sandbox; other stages may send to any verified identity, from the shop's address only.
    """
    stack, sender = Stack.of(consumer), settings.mail_sender
    identities = [
        stack.format_arn(service="ses", resource="identity", resource_name=name)
        for name in (sender, sender.rpartition("@")[2])
    ]
    default_set = settings.sender_configuration_set
    sets = [configuration_set, *([configuration_set_arn(stack, default_set)] if default_set else [])]
    consumer.allow(["ses:SendEmail"], *identities, *sets)
    if settings.production:
        return
    any_identity = stack.format_arn(service="ses", resource="identity", resource_name="*")
    consumer.allow(["ses:SendEmail"], any_identity, conditions={"StringEquals": {"ses:FromAddress": sender}})
    acknowledge(
        consumer.role,
        f"AwsSolutions-IAM5[Resource::{arn_in_findings(consumer, 'ses', 'identity/*')}]",
        "SES's sandbox authorizes mails for their recipients' identities, unknown here; the sender is fixed.",
    )
