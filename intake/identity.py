"""The runner's own token: of the managed identity of its job, or of a workload identity. There is no secret to keep.

learn.microsoft.com/azure/container-apps/managed-identity (REST endpoint), and Entra's client credentials with a
federated token, as delivery/token.py. Neither was run against Azure.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from intake.http import Answer, ask
from intake.refusal import Interrupted

STORAGE, VAULT = "https://storage.azure.com", "https://vault.azure.net"
"""Audiences, of every cloud's storage, and of the public cloud's vaults."""
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def token_for(audience: str, environment: Mapping[str, str]) -> str:
    """A token. Raises Interrupted where there is no identity, or it gets none."""
    endpoint, header = environment.get("IDENTITY_ENDPOINT"), environment.get("IDENTITY_HEADER")
    if endpoint and header:
        query = {"resource": audience, "api-version": "2019-08-01"}
        if environment.get("AZURE_CLIENT_ID"):
            query["client_id"] = environment["AZURE_CLIENT_ID"]
        return _token(ask("GET", f"{endpoint}?{urlencode(query)}", headers={"X-IDENTITY-HEADER": header}))
    needed = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        raise Interrupted(f"no identity is here: IDENTITY_ENDPOINT is not set, nor {', '.join(missing)}")
    form = {
        "grant_type": "client_credentials",
        "client_id": environment["AZURE_CLIENT_ID"],
        "scope": f"{audience}/.default",
        "client_assertion_type": ASSERTION,
        "client_assertion": Path(environment["AZURE_FEDERATED_TOKEN_FILE"]).read_text(encoding="utf-8").strip(),
    }
    host = environment["AZURE_AUTHORITY_HOST"].rstrip("/")
    return _token(
        ask("POST", f"{host}/{environment['AZURE_TENANT_ID']}/oauth2/v2.0/token", body=urlencode(form).encode())
    )


def _token(answer: Answer) -> str:
    try:
        found = json.loads(answer.body)["access_token"] if answer.status == 200 else None
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, str):
        raise Interrupted(f"the identity got no token (answer {answer.status})")
    return found
