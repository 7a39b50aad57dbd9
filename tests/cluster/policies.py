"""Waiting until the server holds objects to the policies that it was given, or no longer does.

It learns of policies by a watch, in the order in which they were written: once it heeds one that came last, it heeds
those before it, and once it has forgotten that one, the rest are forgotten too.
"""

import time

from tests.cluster.client import PATIENCE_SECONDS, Client, Object

LABEL = "bailiwick-test"
_VERSION = "admissionregistration.k8s.io/v1"
_RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}

LAST: tuple[Object, ...] = (
    {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "zz-last"},
        "spec": {
            "matchConstraints": {"resourceRules": [_RULE], "objectSelector": {"matchLabels": {LABEL: "probe"}}},
            "validations": [{"expression": "false", "message": "policies are in force"}],
        },
    },
    {
        "apiVersion": _VERSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "zz-last"},
        "spec": {"policyName": "zz-last", "validationActions": ["Deny"]},
    },
)
"""Refuses a thing that nobody else makes."""

_PROBE: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "probe", "namespace": "default", "labels": {LABEL: "probe"}},
}


def until_in_force(client: Client) -> None:
    """Write the last policy, and wait for it."""
    for each in LAST:
        answer = client.apply(each)
        assert answer.accepted, answer.message
    _until(client, refused=True)


def until_forgotten(client: Client) -> None:
    """Remove the last policy, and wait."""
    for each in reversed(LAST):
        client.delete(client.path(each))
    _until(client, refused=False)


def _until(client: Client, *, refused: bool) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while (answer := client.create(_PROBE, dry=True)).accepted is refused:
        assert time.monotonic() < end, f"the server does not heed its policies: {answer.message}"
        time.sleep(0.1)
