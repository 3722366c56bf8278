"""Bounces and complaints of the mailbox simulator reach the configuration set's event destinations.

Each test sees them in a corrected emulator, and nothing in the emulator as it comes from PyPI. When a newer version
publishes them, the second half fails: the correction can go.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

ACCOUNT = "000000000000"
MATCHING = ["BOUNCE", "COMPLAINT"]


def listen(emulator: Emulator, name: str) -> str:
    """Make a configuration set that tells the bus, and a queue that hears it; return the queue's URL."""
    ses, events, sqs = (emulator.client(service) for service in ("sesv2", "events", "sqs"))
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    ses.create_email_identity(EmailIdentity=f"{name}@example.com")
    # The emulator's two APIs keep sets of their own.
    ses.create_configuration_set(ConfigurationSetName=name)
    emulator.client("ses").create_configuration_set(ConfigurationSet={"Name": name})
    bus = {"EventBusArn": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"}
    destination = {"Enabled": True, "MatchingEventTypes": MATCHING, "EventBridgeDestination": bus}
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name, EventDestinationName="bus", EventDestination=destination
    )
    pattern = {"source": ["aws.ses"], "detail": {"mail": {"tags": {"ses:configuration-set": [name]}}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"}])
    return url


def send(emulator: Emulator, name: str, to: str, **more: str) -> None:
    """Send a mail."""
    text = {"Data": "x"}
    emulator.client("ses").send_email(
        Source=f"{name}@example.com",
        Destination={"ToAddresses": [to]},
        Message={"Subject": text, "Body": {"Text": text}},
        **more,
    )


def heard(emulator: Emulator, url: str) -> list[dict[str, Any]]:
    """Return the events in the queue."""
    answer = emulator.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.mark.parametrize(
    ("local_part", "detail_type", "report"),
    [("bounce", "Email Bounced", "bounce"), ("complaint", "Email Complaint Received", "complaint")],
)
def test_the_simulators_addresses_are_reported(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually, local_part: str, detail_type: str, report: str
) -> None:
    """With the recipient and the set that the mail went through; ordinary addresses report nothing."""
    name, to = f"set-{uuid4().hex[:8]}", f"{local_part}+label@simulator.amazonses.com"
    urls = {emulator: listen(emulator, name) for emulator in (corrected, uncorrected)}
    for emulator in urls:
        send(emulator, name, "ada@example.com", ConfigurationSetName=name)
        send(emulator, name, to, ConfigurationSetName=name)
    (event,) = eventually(lambda: heard(corrected, urls[corrected]))
    assert (event["source"], event["detail-type"]) == ("aws.ses", detail_type)
    detail = event["detail"]
    assert to in json.dumps(detail[report])
    assert detail["mail"]["tags"]["ses:configuration-set"] == [name]
    assert not heard(uncorrected, urls[uncorrected])


def test_an_identitys_default_set_counts_where_none_is_named(corrected: Emulator, eventually: Eventually) -> None:
    """As in SES."""
    name = f"default-{uuid4().hex[:8]}"
    url = listen(corrected, name)
    attributes = {"EmailIdentity": f"{name}@example.com", "ConfigurationSetAttributes": {"ConfigurationSetName": name}}
    template = {"Resources": {"Identity": {"Type": "AWS::SES::EmailIdentity", "Properties": attributes}}}
    corrected.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    ses = corrected.client("sesv2")
    eventually(lambda: ses.get_email_identity(EmailIdentity=f"{name}@example.com").get("ConfigurationSetName") == name)
    send(corrected, name, "bounce@simulator.amazonses.com")
    (event,) = eventually(lambda: heard(corrected, url))
    assert event["detail"]["bounce"]["bounceType"] == "Permanent"
