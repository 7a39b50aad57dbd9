"""Write the digests of admission policies as they stand now: `python -m tests.policies.third_wall`, after a review."""

import yaml

from cli.planning import ROOT
from components.admission_data import LEFT_OUT, policies
from policies.rules.admission import digest

WALL = ROOT / "policies" / "third_wall.yaml"
VALUES = (
    "registry",
    "jurisdiction",
    "environment",
    "region",
    "zones",
    "tenant",
    "vault",
    "left_out",
    "verifier",
    "signers",
    "conditions",
)
HEAD = """\
# The third wall: what the API server itself refuses, word for word. A digest is of a policy's whole spec, but for the
# values of the stack. Who changes components/admission*.yaml has the change reviewed, and writes the digests down with
# `python -m tests.policies.third_wall`.
"""


def text() -> str:
    """The file as it would be now."""
    digests = {policy.name: digest(policy.spec(dict.fromkeys(VALUES, "''"))) for policy in policies()}
    document = {"values": list(VALUES), "left_out": list(LEFT_OUT), "policies": dict(sorted(digests.items()))}
    return HEAD + yaml.safe_dump(document, sort_keys=False)


if __name__ == "__main__":
    WALL.write_text(text(), encoding="utf-8")
