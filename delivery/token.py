"""The pod's own token for the numbers, by workload identity: the cluster's token is given for one of Entra's.

learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, third case; the variables are those that
the webhook of workload identity sets: azure.github.io/azure-workload-identity.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from delivery.web import Unreachable, ask

SCOPE = "https://prometheus.monitor.azure.com/.default"
"""learn.microsoft.com/azure/azure-monitor, Prometheus APIs of a workspace."""
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NEEDED = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")


def scope_of_numbers(url: str) -> str:
    """What a token for a workspace is asked for: its cloud's own name for all of them, which ends its endpoint's host.

    Of the clouds of US governments and of China that was not tried.
    """
    _, found, cloud = (urlsplit(url).hostname or "").partition(".prometheus.monitor.")
    return f"https://prometheus.monitor.{cloud}/.default" if found else SCOPE


def token_for(scope: str, environment: Mapping[str, str]) -> str | None:
    """The token; None where the pod has no identity. Raises Unreachable."""
    if not any(environment.get(name) for name in NEEDED):
        return None
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise Unreachable(f"workload identity is half set: {', '.join(missing)} not there")
    try:
        assertion = Path(environment["AZURE_FEDERATED_TOKEN_FILE"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Unreachable(f"the pod's token can't be read: {error}") from error
    form = {
        "grant_type": "client_credentials",
        "client_id": environment["AZURE_CLIENT_ID"],
        "scope": scope,
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    }
    host = environment["AZURE_AUTHORITY_HOST"].rstrip("/")
    url = f"{host}/{environment['AZURE_TENANT_ID']}/oauth2/v2.0/token"
    answer = ask("POST", url, body=urlencode(form).encode())
    found = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(found, str):
        raise Unreachable("the authority's answer holds no token")
    return found
