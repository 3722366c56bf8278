"""What a program said last is shown without what a status must not show."""

import json

import pytest

from patterns_k8s.operator.desired.last_words import last_words, redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("patterns_k8s.worker: Unable to locate credentials\n", "patterns_k8s.worker: Unable to locate credentials"),
        ("", ""),
        ("\n  \n", ""),
        ("one\ntwo\nthree\nfour", "two; three; four"),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    1/0\nZeroDivisionError: by zero\n',
            "ZeroDivisionError: by zero",
        ),
        (json.dumps({"level": "ERROR", "message": "not_received", "reason": "no queue"}), "not_received: no queue"),
        ('{"half": ', '{"half": '.strip()),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_the_last_lines_are_one(text: str, expected: str) -> None:
    """Of a traceback the last, of a structured log its text."""
    assert last_words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dial tcp 10.12.0.2:443: i/o timeout", "dial tcp […]: i/o timeout"),
        (
            "lookup registry.example.com on 10.0.0.2:53: no such host",
            "lookup registry.example.com on […]: no such host",
        ),
        ("from 192.168.1.7.", "from […]."),
        ("via fd00:ec2::23 and [2001:db8::1]:443", "via […] and […]"),
        ("route 10.0.0.0/16 is gone", "route […] is gone"),
        ("at 12:34:56 version 1.36.3", "at 12:34:56 version 1.36.3"),
        ("https://169.254.170.23/v1/credentials", "https://[…]/v1/credentials"),
        ("sent to jane.doe+x@shop.example.com", "sent to […]"),
        ("https://me:hunter2@example.com/a?X-Amz-Signature=abc#x", "https://example.com/a"),
        ("amqp://me:hunter2@mq", "amqp://mq"),
        ("DB_PASSWORD=hunter2 refused", "DB_PASSWORD=[…] refused"),
        ('{"client_secret": "a b", "id": 1}', '{"client_secret": […], "id": 1}'),
        ("Authorization: Bearer abc.def-ghi", "Authorization: […]"),
        ("key AKIAIOSFODNN7EXAMPLE is no more", "key […] is no more"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY leaked", "[…] leaked"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def expired", "[…] expired"),
        ('secret "order-workers-aws" not found', 'secret "order-workers-aws" not found'),
        ("Unable to locate credentials", "Unable to locate credentials"),
    ],
)
def test_addresses_and_secrets_are_not_shown(text: str, expected: str) -> None:
    """Names that explain are."""
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "registry.example.com/a/b@sha256:" + "0a" * 32,
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/patterns/k8s:2026-11-25_1",
        "arn:aws:sqs:us-east-1:123456789012:patterns-dev-Fulfilment8A0B1C2D-aBcDeFgHiJkL",
        "User: arn:aws:sts::123456789012:assumed-role/patterns-dev-k8s-WorkersRole0A1B/eks-orders is not authorized",
    ],
)
def test_images_and_arns_are_shown(text: str) -> None:
    """They look a little like keys and addresses."""
    assert redacted(text) == text


def test_of_a_long_text_the_end_is_kept() -> None:
    """A program says in the end why it ends."""
    text = redacted("word " * 1_000 + "why")
    assert len(text) == 600
    assert text.endswith("why")
