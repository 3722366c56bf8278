"""Events of mails that were sent through a configuration set.

AWS publishes a bounce or a complaint to the event destinations of the configuration set that the call names, else of
the one that the sender's identity has by default. The emulator keeps destinations and publishes nothing to them; it
does know SES's mailbox simulator, whose addresses bounce or complain.

Corrected for SendEmail of the first API and for destinations on EventBridge and SNS: bounces and complaints of the
simulator's addresses, which may carry a label (``bounce+ada@simulator.amazonses.com``).
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import eventbridge, ses, ses_v2, sns

__all__ = ["correct"]

_DETAIL_TYPES = {"Bounce": "Email Bounced", "Complaint": "Email Complaint Received"}


def correct() -> None:
    """Publish after a mail was recorded as sent."""
    before = ses._record_send

    def record_send(*given: Any, **named: Any) -> Any:
        message_id = before(*given, **named)
        if named.get("type_name") == "SendEmail":
            name = named.get("config_set") or _default_set(named["source"])
            recipients = [*(named["to_addrs"] or ()), *(named["cc_addrs"] or ()), *(named["bcc_addrs"] or ())]
            _publish(name, message_id, named["source"], recipients)
        return message_id

    ses._record_send = record_send


def _default_set(source: str) -> str:
    address = parseaddr(source)[1]
    found = ses_v2._identities.get(address) or ses_v2._identities.get(address.rpartition("@")[2]) or {}
    return str(found.get("ConfigurationSetName") or "")


def _publish(name: str, message_id: str, source: str, recipients: list[str]) -> None:
    destinations = (ses_v2._config_sets.get(name) or {}).get("EventDestinations") or {}
    for kind, detail in _outcomes(recipients):
        event = {
            "eventType": kind,
            "mail": {
                "timestamp": now_iso(),
                "source": source,
                "messageId": message_id,
                "destination": recipients,
                "tags": {"ses:configuration-set": [name], "ses:source-tls-version": ["TLSv1.3"]},
            },
            **detail,
        }
        for destination in destinations.values():
            if destination["Enabled"] and kind.upper() in destination["MatchingEventTypes"]:
                _deliver(destination, kind, event)


def _outcomes(recipients: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for recipient in recipients:
        address = parseaddr(recipient)[1]
        local, _, domain = address.rpartition("@")
        if domain.lower() != ses._SIMULATOR_DOMAIN:
            continue
        for kind, subtype in ses._SIMULATOR_OUTCOMES.get(local.lower().split("+")[0], ()):
            if kind in _DETAIL_TYPES:
                yield kind, ses._notification_detail(kind, address, now_iso(), subtype)


def _deliver(destination: dict[str, Any], kind: str, event: dict[str, Any]) -> None:
    if "EventBridgeDestination" in destination:
        bus = destination["EventBridgeDestination"]["EventBusArn"].rpartition("/")[2]
        entry = {
            "EventBusName": bus,
            "Source": "aws.ses",
            "DetailType": _DETAIL_TYPES[kind],
            "Detail": json.dumps(event),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    elif "SnsDestination" in destination:
        sns.publish_internal(destination["SnsDestination"]["TopicArn"], json.dumps(event), "Amazon SES Email Event")
