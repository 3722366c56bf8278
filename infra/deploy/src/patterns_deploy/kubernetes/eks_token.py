"""A token for a cluster of EKS, printed as kubectl wants it: ``python -m patterns_deploy.kubernetes.eks_token``.

It is what ``aws eks get-token`` prints, for people without the AWS CLI: a question to STS, "who am I", signed and not
asked. EKS asks it and believes the answer:
https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
"""

import argparse
import base64
import datetime as dt
import json
import sys
from typing import Any

__all__ = ["credential", "main"]

_SIGNED_FOR_SECONDS = 60
_GOOD_FOR = dt.timedelta(minutes=14)
"""EKS takes a token for fifteen minutes after it was signed."""
_PREFIX = "k8s-aws-v1."


def credential(cluster: str, region: str, *, session: Any, now: dt.datetime) -> dict[str, Any]:  # noqa: ANN401 - botocore's
    """Return an ExecCredential.

    Args:
        cluster: its name, which is signed, too: the token is for no other cluster.
        region: its region.
        session: a botocore session with credentials.
        now: with a time zone.
    """
    from botocore.model import ServiceId  # noqa: PLC0415 - kubectl waits for this program
    from botocore.signers import RequestSigner  # noqa: PLC0415

    host = f"sts.{region}.{'amazonaws.com.cn' if region.startswith('cn-') else 'amazonaws.com'}"
    signer = RequestSigner(
        ServiceId("sts"), region, "sts", "v4", session.get_credentials(), session.get_component("event_emitter")
    )
    question = {
        "method": "GET",
        "url": f"https://{host}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(question, region_name=region, expires_in=_SIGNED_FOR_SECONDS, operation_name="")
    token = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    until = (now + _GOOD_FOR).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": f"{_PREFIX}{token}", "expirationTimestamp": until},
    }


def main() -> None:
    """Print a token for the cluster that the arguments name, as the user's AWS credentials have it."""
    parser = argparse.ArgumentParser(prog="python -m patterns_deploy.kubernetes.eks_token")
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--region", required=True)
    chosen = parser.parse_args()
    import botocore.session  # noqa: PLC0415 - not for --help

    session = botocore.session.Session()
    if session.get_credentials() is None:
        sys.exit("no AWS credentials: sign in ('aws sso login'), set AWS_PROFILE or access keys")
    now = dt.datetime.now(dt.UTC)
    sys.stdout.write(json.dumps(credential(chosen.cluster, chosen.region, session=session, now=now)))


if __name__ == "__main__":
    main()
