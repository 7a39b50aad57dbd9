"""A telehealth backend asks the gateway: OpenAI's own client, a certificate of its own, and tokens of minutes.

Copy this file. It needs `openai`; in production `azure-identity` too, whose credentials are what `credential` takes.
"""

import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import openai
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

RENEW_SECONDS = 120
"""A token is renewed so long before its end. It is looked at when a request comes; a stream outlives it."""
SLOTS: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "free_slots",
        "description": "Free slots for video consultations, by specialty.",
        "parameters": {
            "type": "object",
            "properties": {"specialty": {"type": "string"}, "patient": {"type": "string"}},
            "required": ["specialty"],
        },
    },
}


class Issued(Protocol):
    """A token, as azure-identity hands it out."""

    @property
    def token(self) -> str:
        """What is shown to the gateway."""

    @property
    def expires_on(self) -> int:
        """When it ends, in seconds since 1970."""


class Credential(Protocol):
    """What proves this backend to Entra: any credential of azure-identity."""

    def get_token(self, *scopes: str) -> Issued:
        """A token for these scopes."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the gateway is, and by what this backend shows itself. The operator hands out all of it."""

    base_url: str
    """`https://<host>/v1`."""
    scope: str
    """`<tokenAudience>/.default`: an output of the operator's stack."""
    certificate: Path
    """Client certificate with its key, PEM, from the jurisdiction's authority."""
    authority: Path | None = None
    """Who signed the gateway's own certificate, where no public authority did."""


@dataclass
class Tokens:
    """The current token. OpenAI's client asks before every request; Entra is asked once in ten minutes."""

    credential: Credential
    scope: str
    clock: Callable[[], float] = time.time
    _held: Issued | None = field(default=None, repr=False)

    def __call__(self) -> str:
        """One that lives long enough."""
        if self._held is None or self._held.expires_on - self.clock() < RENEW_SECONDS:
            self._held = self.credential.get_token(self.scope)
        return self._held.token

    def refused(self, response: Any) -> None:  # noqa: ANN401 a response of whichever httpx the client has
        """By the gateway's clock the token had ended, or its roles are others now: OpenAI's client asks once more."""
        if response.status_code == 401 and self._held is not None:
            self._held = None
            response.headers["x-should-retry"] = "true"


class NotAnswered(Exception):
    """The gateway refused, or could not answer. Its message never holds what was sent: it may be logged."""

    def __init__(self, error: openai.APIError) -> None:
        super().__init__(error.message)
        self.code = str(error.code or "connection")
        """Stable, `<guard>.<what>`: docs/reference/gateway.md says what to do about each."""
        self.request_id = getattr(error, "request_id", None)
        """What the gateway's operator asks for."""
        self.status = getattr(error, "status_code", None)


def by_managed_identity(tenant: str, application: str, identity: str) -> Credential:
    """In Azure: the application registered for this backend, proven by its managed identity. No secret anywhere."""
    from azure.identity import (  # type: ignore[import-not-found] # what a user installs, and not this repository
        ClientAssertionCredential,
        ManagedIdentityCredential,
    )

    proof = ManagedIdentityCredential(client_id=identity)
    # A managed identity's own token lives for hours; one of an application, ten minutes: docs/adr/0027.
    made: Credential = ClientAssertionCredential(
        tenant, application, lambda: proof.get_token("api://AzureADTokenExchange/.default").token
    )
    return made


def by_federation(tenant: str, application: str, assertion: Path) -> Credential:
    """Elsewhere: the application, proven by a token that the place itself signs and mounts as a file."""
    from azure.identity import WorkloadIdentityCredential

    made: Credential = WorkloadIdentityCredential(
        tenant_id=tenant, client_id=application, token_file_path=str(assertion)
    )
    return made


def connect(access: Access, credential: Credential) -> openai.OpenAI:
    """One client for the whole process: it keeps its connections."""
    context = ssl.create_default_context(cafile=str(access.authority) if access.authority else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(access.certificate)
    tokens = Tokens(credential, access.scope)
    hooks = {"response": [tokens.refused]}
    return openai.OpenAI(
        base_url=access.base_url,
        api_key=tokens,
        http_client=openai.DefaultHttpxClient(verify=context, trust_env=False, event_hooks=hooks),
        # It waits as long as `retry-after` says after 429 and 503, and asks twice more.
        max_retries=2,
        timeout=150,
    )


def new_conversation() -> str:
    """Random, and kept with the consultation: what stands for a name stays the same within it."""
    return secrets.token_urlsafe(24)


def told(record: Mapping[str, Any], conversation: str, purpose: str = "treatment") -> dict[str, Any]:
    """What the gateway is told beside OpenAI's own fields. The record is stripped from every text and passed on to
    nobody: a FHIR Patient, or flat names and values."""
    return {
        "bailiwick": {"data_class": "phi", "purpose": purpose, "record": dict(record), "conversation": conversation}
    }


def draft(
    client: openai.OpenAI, use_case: str, transcript: str, record: Mapping[str, Any], conversation: str
) -> Iterator[str]:
    """A note of the consultation, piece by piece. Raises NotAnswered, also in mid-stream: then drop what has come."""
    try:
        chunks = client.chat.completions.create(
            model=use_case,
            messages=[{"role": "user", "content": transcript}],
            stream=True,
            extra_body=told(record, conversation),
        )
        for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
    except openai.APIError as error:
        raise NotAnswered(error) from None


def arrange(
    client: openai.OpenAI,
    use_case: str,
    wish: str,
    record: Mapping[str, Any],
    conversation: str,
    free_slots: Callable[..., list[str]],
) -> str:
    """An answer for which the model may look at the calendar: it calls, `free_slots` answers. Raises NotAnswered."""
    talk: list[ChatCompletionMessageParam] = [{"role": "user", "content": wish}]
    more = told(record, conversation)
    try:
        for _ in range(4):
            answer = client.chat.completions.create(model=use_case, messages=talk, tools=[SLOTS], extra_body=more)
            message = answer.choices[0].message
            if not message.tool_calls:
                return message.content or ""
            talk.append({"role": "assistant", "tool_calls": [call.to_dict() for call in message.tool_calls]})  # type: ignore[misc] # as they came
            for call in message.tool_calls:
                if call.type == "function" and call.function.name == "free_slots":
                    # With the caller's scope the arguments hold what was sent, not what stood for it.
                    found = free_slots(**json.loads(call.function.arguments))
                    talk.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(found)})
    except openai.APIError as error:
        raise NotAnswered(error) from None
    raise LookupError("the model went on calling tools; nothing was arranged")
