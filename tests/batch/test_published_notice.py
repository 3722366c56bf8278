"""What subscribers of the deployed topic get when a report was published."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.clients import administrator
from tests.reports import Reports
from tests.waiting import eventually

from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

LINES = (
    "order_id,customer_id,placed_at,status,currency,sku,quantity,unit_price\n"
    "o1,c1,2026-01-05T10:00:00Z,FULFILLED,JPY,TEA-ASSAM-100,2,69000\n"
)


@pytest.fixture
def queue(platform: Platform) -> Iterator[str]:
    """Subscribe a queue to the topic, and give its address."""
    sns, sqs = administrator(platform, "sns"), administrator(platform, "sqs")
    pages = sns.get_paginator("list_topics").paginate()
    (topic,) = [x["TopicArn"] for page in pages for x in page["Topics"] if "batch-Published" in x["TopicArn"]]
    url: str = sqs.create_queue(QueueName=f"notices-{secrets.token_hex(4)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_programs_get_the_facts_and_the_sentence(platform: Platform, reports: Reports, queue: str) -> None:
    """With a link to the page that a browser opens."""
    name = f"notice-{secrets.token_hex(4)}.csv"
    ended = reports.started_by(name, LINES)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    report = json.loads(ended["output"])["report"]
    sqs = administrator(platform, "sqs")
    found: list[dict[str, Any]] = []

    def of_ours() -> bool:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            envelope = json.loads(message["Body"])
            facts = json.loads(envelope["Message"])
            found.extend([{"subject": envelope["Subject"], **facts}] if facts["report"] == report else [])
        return bool(found)

    assert eventually(of_ours, seconds=30)
    notice = found[0]
    assert notice["subject"] == f"Sales of {name}: 138,000 JPY"
    assert notice["text"].startswith(f"Sales from {name}, Monday, January 5, 2026: ¥138,000 from 1 order.\n")
    assert "No row was rejected.\n" in notice["text"]
    assert notice["bucket"] == reports.outputs["report_bucket"]
    assert httpx.get(notice["link"], trust_env=False).content == reports.content(notice["page"])
    assert notice["page"] in {file["key"] for file in reports.read(notice["pointer"])["files"].values()}

    # What it cost is computed from states that were counted in the machine's definition.
    cost = reports.read(notice["pointer"])["cost"]
    (transitions,) = (part["used"] for part in cost["parts"] if "transitions" in part["what"])
    assert int(transitions) == reports.entered(ended["executionArn"]).total()
    assert f"would cost about {cost['amount']} USD" in notice["text"]
