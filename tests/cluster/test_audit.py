"""What a site's audit policy leaves of an attempt: a line that says who and what, and none of the content."""

import http.client
import json
from collections.abc import Iterator

import pytest

from plan.manifests import manifests
from tests.cluster.admission.planned import planned
from tests.cluster.client import Client, Object
from tests.cluster.server import Server
from tests.cluster.stage import Stage, staged
from tests.plans import compliant

pytestmark = pytest.mark.cluster

CONTENT = "patient 4711 takes 20 mg"
BODIES = ("requestObject", "responseObject")
POD = "/api/v1/namespaces/gateway/pods/gateway-0"


@pytest.fixture(scope="module")
def stage(client: Client) -> Iterator[Stage]:
    """A stack, its policies in force."""
    with staged(client, manifests(compliant())) as found:
        yield found


def _kept(kind: str, **content: object) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "kept", "namespace": "default"}, **content}


class TestContentIsNotWrittenDown:
    """Whoever reads the audit log may not read what it is about: it is kept for years, and copied to Azure."""

    @pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
    def test_of_secrets_and_settings_a_line_and_nothing_inside(self, client: Client, server: Server, kind: str) -> None:
        content = {"stringData": {"x": CONTENT}} if kind == "Secret" else {"data": {"x": CONTENT}}
        made = client.apply(_kept(kind, **content))
        path = client.path(_kept(kind))
        read, gone = client.get(path), client.delete(path)
        assert made.accepted
        assert read.accepted
        records = server.records([answer.audit_id for answer in (made, read, gone)])
        assert [record["level"] for record in records.values()] == ["Metadata"] * 3
        assert not any(body in record for record in records.values() for body in BODIES)
        assert CONTENT not in server.audit_log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("stage")
class TestAttemptsAreWrittenDown:
    """What was refused did not happen, and is the one thing that an investigator looks for."""

    def test_a_session_says_who_asked_for_which_command_and_that_it_was_refused(
        self, client: Client, server: Server
    ) -> None:
        answer = client.get(f"{POD}/exec?command=sh&command=-c")
        assert answer.status == http.client.FORBIDDEN
        record = server.records([answer.audit_id])[answer.audit_id]
        assert record["level"] == "RequestResponse"
        assert record["user"]["username"] == "administrator"
        assert record["objectRef"]["subresource"] == "exec"
        assert "command=sh" in record["requestURI"]
        assert record["responseStatus"]["code"] == http.client.FORBIDDEN

    def test_a_pod_that_admission_refused_says_by_which_policy_and_none_of_its_content(
        self, client: Client, server: Server
    ) -> None:
        template = planned("Deployment", "gateway")["spec"]["template"]
        template["spec"]["containers"][0] |= {"image": "docker.io/x", "env": [{"name": "NOTE", "value": CONTENT}]}
        meta = {**template["metadata"], "name": "x", "namespace": "gateway"}
        answer = client.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]})
        assert answer.status == http.client.FORBIDDEN
        record = server.records([answer.audit_id])[answer.audit_id]
        assert record["responseStatus"]["code"] == http.client.FORBIDDEN
        assert "ValidatingAdmissionPolicy 'bailiwick-images'" in record["responseStatus"]["message"]
        assert not any(body in record for body in BODIES)
        assert CONTENT not in json.dumps(record)

    def test_a_wall_that_is_changed_is_written_down_word_for_word(self, client: Client, server: Server) -> None:
        name = "bailiwick-images"
        answer = client.merge(
            f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{name}",
            {"metadata": {"annotations": {"x": "y"}}},
        )
        assert answer.accepted
        record = server.records([answer.audit_id])[answer.audit_id]
        assert record["level"] == "RequestResponse"
        assert record["requestObject"] == {"metadata": {"annotations": {"x": "y"}}}
