"""The verdict as JSON: other tools are built on it."""

import json

from evidence.findings import as_json
from policies.review import review
from policies.rules import ALL
from tests.plans import changed, compliant

KEYS = {"rule", "state", "severity", "urn", "resource", "message", "hint", "controls"}


class TestTheFormatHolds:
    """What DESIGN promises once is read for years."""

    def test_a_refusal_has_every_key(self) -> None:
        report = review(changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", "TLS1_0"), ALL)
        document = json.loads(json.dumps(as_json(report)))
        assert set(document) == {"stack", "verdict", "rules", "evaluations", "findings"}
        assert document["verdict"] == "refused"
        (finding,) = [item for item in document["findings"] if item["state"] == "refused"]
        assert set(finding) == KEYS
        assert finding["urn"] in {found.urn for found in compliant().resources}
        assert "HIPAA § 164.312(e)(1)" in finding["controls"]

    def test_an_exemption_names_its_exception(self) -> None:
        (finding,) = [item for item in _findings() if item["state"] == "exempt"]
        assert finding["exception"] == "front-door-edge"

    def test_counts_are_the_reports_own(self) -> None:
        report = review(compliant(), ALL)
        document = as_json(report)
        assert (document["rules"], document["evaluations"]) == (len(ALL), report.evaluations)


def _findings() -> list[dict[str, object]]:
    found = as_json(review(compliant(), ALL))["findings"]
    assert isinstance(found, list)
    return found
