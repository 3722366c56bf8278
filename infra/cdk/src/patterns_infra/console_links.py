"""Addresses of the AWS console, for people who are signed in."""

__all__ = ["console_link"]

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def console_link(region: str, bucket: str) -> str:
    """Return the address of the S3 console to which an object's key is added, percent-encoded, for its page.

    There it is opened by a button, for whoever may read it; nothing in the address is a secret, and it does not end.
    """
    domain = next((domain for begin, domain in _DOMAINS.items() if region.startswith(begin)), "console.aws.amazon.com")
    return f"https://{region}.{domain}/s3/object/{bucket}?region={region}&prefix="
