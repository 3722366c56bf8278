"""Each pod's own role, as EKS Pod Identity gives it: an agent on the node that knows pods by a token.

AWS's clients find it by two variables. The role is the one that the cluster's pod identity associations name for the
pod's service account, else the one of the account's annotation; no role is no credentials, never somebody else's.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from lightkube.resources.core_v1 import Pod
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from patterns_deploy.ports import HOST
from patterns_local.associated_role import RoleNotFound, ServiceAccount, assume_associated
from patterns_local.kubelet.pod_parts import meta_of, spec_of
from patterns_local.local_aws import REGION

__all__ = ["PodIdentity"]

_PATH = "/v1/credentials"
_FRESH_SECONDS = 300.0
"""AWS's clients ask again some minutes before credentials expire; those that we keep must outlive that."""


@dataclass(slots=True)
class PodIdentity:
    """The agent.

    Attributes:
        aws_endpoint: where AWS is, empty for nowhere.
        folder: where tokens are kept, one file a pod.
        port: of the agent.
    """

    aws_endpoint: str
    folder: Path
    port: int
    _accounts: dict[str, ServiceAccount] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _given: dict[ServiceAccount, dict[str, Any]] = field(default_factory=dict)

    def variables(self, pod: Pod) -> Mapping[str, str]:
        """Return by what a pod's AWS clients find the platform and the pod's role."""
        if not self.aws_endpoint:
            return {}
        return {
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{HOST}:{self.port}{_PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self._token_file(pod)),
        }

    def forget(self, uid: str) -> None:
        """Let a pod's token be worth nothing."""
        token = self._tokens.pop(uid, None)
        if token:
            self._given.pop(self._accounts.pop(token), None)
        (self.folder / uid).unlink(missing_ok=True)

    def server(self) -> uvicorn.Server:
        """Return the agent's server."""
        app = Starlette(routes=[Route(_PATH, self._answer)])
        config = uvicorn.Config(app, host=HOST, port=self.port, log_level="warning", access_log=False, lifespan="off")
        return uvicorn.Server(config)

    async def _answer(self, request: Request) -> Response:
        account = self._accounts.get(request.headers.get("Authorization", ""))
        if account is None:
            return JSONResponse({"message": "no pod has this token"}, 401)
        known = self._given.get(account)
        if known is None or known["until"] - time.time() < _FRESH_SECONDS:
            try:
                known = await asyncio.to_thread(self._assume, account)
            except RoleNotFound as missing:
                return JSONResponse({"message": str(missing)}, 404)
            self._given[account] = known
        return JSONResponse(known["credentials"])

    def _assume(self, account: ServiceAccount) -> dict[str, Any]:
        """Return credentials of the account's role, and until when they are good."""
        given = assume_associated(self.aws_endpoint, account)
        credentials = {
            "AccessKeyId": given.keys.access_key_id,
            "SecretAccessKey": given.keys.secret_access_key,
            "Token": given.keys.session_token,
            "Expiration": given.until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AccountId": given.role.split(":")[4],
        }
        return {"credentials": credentials, "until": given.until.timestamp()}

    def _token_file(self, pod: Pod) -> Path:
        meta, spec = meta_of(pod), spec_of(pod)
        uid = str(meta.uid)
        path = self.folder / uid
        if uid not in self._tokens:
            token = secrets.token_urlsafe(32)
            self._tokens[uid] = token
            account = spec.serviceAccountName or "default"
            self._accounts[token] = ServiceAccount(meta.namespace or "default", account, meta.name or "")
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(token)
        return path
