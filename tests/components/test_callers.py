"""Callers of the gateway: what a token of each will carry, and that nothing about them can be copied."""

from dataclasses import replace
from typing import Any

import pytest

from cli.planning import stack_config
from components.callers import EXCHANGE, MAX_AGE_SECONDS, roles_of
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.review import review
from policies.rules import ALL
from policies.rules.callers import (
    APPLICATION,
    FEDERATED,
    FLEXIBLE,
    LONGEST,
    OWNER,
    PRINCIPAL,
    PUBLIC_CLIENT,
    REDIRECTS,
    ROLE,
    ROLE_ASSIGNMENT,
    SECRETS,
)
from policies.types import DEPLOYMENT
from tests.plans import CORE, added, changed, compliant, swapped, where, without

TENANT = "bf9b4e31-56f9-5ef2-bc9f-77a79ff9e476"
OURS = [rule for rule in ALL if rule.concern == "callers"]
STRANGER = "99999999-9999-4999-8999-999999999999"


def _named(plan: Plan, name: str) -> PlannedResource:
    return next(found for found in plan.of_type(APPLICATION) if found.get("displayName") == name)


def _told(plan: Plan) -> dict[str, Any]:
    gateway = next(d for d in plan.of_type(DEPLOYMENT) if d.get("metadata.namespace") == "gateway")
    env = gateway.get("spec.template.spec.containers.0.env")
    assert isinstance(env, list)
    return {item["name"]: item["value"] for item in env}


def _carried(plan: Plan, caller: str) -> set[str]:
    """The roles in a caller's token, followed from its application to the gateway's roles."""
    roles = _named(plan, "app-bw-eu-prod-gateway").get("appRoles")
    assert isinstance(roles, list)
    value = {role["id"]: role["value"] for role in roles}
    client = _named(plan, f"app-bw-eu-prod-{caller}").outputs["clientId"]
    principal = next(p for p in plan.of_type(PRINCIPAL) if p.get("clientId") == client)
    return {
        value[given.get("appRoleId")]
        for given in plan.of_type(ROLE_ASSIGNMENT)
        if given.get("principalObjectId") == principal.outputs["objectId"]
    }


def _refused(plan: Plan) -> set[str]:
    return {finding.rule.id for finding in review(plan, OURS).of_state("refused")}


class TestATokenCarriesWhatItsCallerMayAsk:
    """A role too many is a use that nobody assessed; one too few is found by a clinician."""

    def test_use_case_and_purpose_and_data_class_of_each_caller_and_no_other(self) -> None:
        plan = compliant("eu-prod")
        asks = "use-case.clinical-notes"
        back = "re-identify.clinical-notes"
        crm, telehealth = _carried(plan, "crm-bridge"), _carried(plan, "telehealth-portal")
        assert crm == {f"{asks}.treatment", f"{asks}.payment", "data-class.personal", back, "erase.clinical-notes"}
        assert telehealth == {f"{asks}.treatment", "data-class.personal", "data-class.phi", back}

    def test_identifiers_come_back_to_whom_the_file_says_and_for_its_own_use_cases_alone(self) -> None:
        stack = stack_config("uk-prod")
        of = {caller.name: {role for role in roles_of(caller) if "re-identify" in role} for caller in stack.callers}
        assert of == {
            "northern-epr": {"re-identify.clinical-notes", "re-identify.clinic-letters"},
            "southern-portal": set(),
        }

    def test_who_may_erase_is_who_the_file_says_and_need_not_be_who_reads(self) -> None:
        epr, portal = stack_config("uk-prod").callers
        assert {role for role in roles_of(epr) if "erase" in role} == {"erase.clinical-notes", "erase.clinic-letters"}
        assert not {role for role in roles_of(portal) if "erase" in role}
        alone = roles_of(epr.model_copy(update={"reidentifies": False}))
        assert "erase.clinical-notes" in alone
        assert not {role for role in alone if "re-identify" in role}

    def test_every_assignment_is_to_the_gateway(self) -> None:
        plan = compliant("eu-prod")
        client = _named(plan, "app-bw-eu-prod-gateway").outputs["clientId"]
        gateway = next(p for p in plan.of_type(PRINCIPAL) if p.get("clientId") == client)
        assert {a.get("resourceObjectId") for a in plan.of_type(ROLE_ASSIGNMENT)} == {gateway.outputs["objectId"]}

    @pytest.mark.parametrize("stack", CORE)
    def test_ids_of_roles_differ_and_are_known_before_anything_is(self, stack: str) -> None:
        roles = [role for a in compliant(stack).of_type(APPLICATION) for role in (a.get("appRoles") or ())]  # type: ignore[attr-defined]
        assert len({role["id"] for role in roles}) == len(roles) >= 4
        assert {tuple(role["allowedMemberTypes"]) for role in roles} == {("Application",)}


class TestTheGatewaysApplicationIsNobodyElses:
    """A second application of the same name could take the tokens, or give them."""

    def test_tokens_of_every_application_are_of_version_two(self) -> None:
        applications = compliant("eu-prod").of_type(APPLICATION)
        assert [a.get("api") for a in applications] == [{"requestedAccessTokenVersion": 2}] * 3

    def test_its_uri_holds_the_tenants_id_and_its_tokens_say_whose_kind_they_are(self) -> None:
        gateway = _named(compliant("eu-prod"), "app-bw-eu-prod-gateway")
        assert gateway.get("identifierUris") == [f"api://{TENANT}/bw-eu-prod-gateway"]
        assert gateway.get("optionalClaims") == {"accessTokens": [{"name": "idtyp"}]}

    def test_the_gateway_is_told_whose_tokens_for_whom_and_how_old(self) -> None:
        plan = compliant("eu-prod")
        assert _told(plan) == {
            "TOKEN_ISSUER": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "TOKEN_AUDIENCE": _named(plan, "app-bw-eu-prod-gateway").outputs["clientId"],
            "TOKEN_MAX_AGE_SECONDS": "900",
        }
        assert plan.outputs["tokenAudience"] == _told(plan)["TOKEN_AUDIENCE"]
        assert MAX_AGE_SECONDS == LONGEST

    def test_a_standby_makes_no_application_and_takes_the_firsts_tokens(self) -> None:
        standby = compliant("eu-prod-b")
        assert standby.of_type(APPLICATION, PRINCIPAL, ROLE_ASSIGNMENT) == ()
        assert _told(standby) == _told(compliant("eu-prod"))

    def test_another_cloud_has_another_issuer(self) -> None:
        assert _told(compliant("usgov-prod"))["TOKEN_ISSUER"].startswith("https://login.microsoftonline.us/")


class TestACallerProvesItselfWithoutASecret:
    """A secret is copied; a workload's own token is not to be had elsewhere, and ends by itself."""

    def test_the_one_outside_by_its_issuer_and_the_one_in_azure_by_its_identity(self) -> None:
        proofs = {p.get("displayName"): p for p in compliant("eu-prod").of_type(FEDERATED)}
        outside, inside = proofs["caller-crm-bridge"], proofs["caller-telehealth-portal"]
        assert outside.get("subject") == "system:serviceaccount:crm:salesforce-bridge"
        assert inside.get("subject") == "7c1f5f0a-3a5d-5b0e-8f0b-2f7a5f3f9d10"
        assert inside.get("issuer") == f"https://login.microsoftonline.com/{TENANT}/v2.0"
        assert {tuple(p.get("audiences")) for p in proofs.values()} == {(EXCHANGE["public"],)}  # type: ignore[arg-type]

    def test_no_application_has_a_password_a_redirect_or_an_owner(self) -> None:
        for application in compliant("eu-prod").of_type(APPLICATION):
            assert not {"password", "web", "singlePageApplication", "publicClient", "owners"} & set(application.inputs)


def _before_deployment(plan: Plan, *, origins: bool = True) -> Plan:
    """As the engine's first preview tells it: ids that Entra will give are unknown, where they come from is not."""

    def unborn(found: PlannedResource) -> PlannedResource:
        kept = found.property_dependencies if origins else {}
        if found.type in (APPLICATION, PRINCIPAL):
            return replace(found, outputs={}, property_dependencies=kept)
        if found.type == FEDERATED:
            return replace(found, inputs={**found.inputs, "applicationId": UNKNOWN}, property_dependencies=kept)
        if found.type == ROLE_ASSIGNMENT:
            unknown = {"principalObjectId": UNKNOWN, "resourceObjectId": UNKNOWN}
            return replace(found, inputs={**found.inputs, **unknown}, property_dependencies=kept)
        return found

    path = "spec.template.spec.containers.0.env.1.value"
    gateway = where(metadata__name="gateway")
    deployment = next(d for d in plan.of_type(DEPLOYMENT) if gateway(d))
    told = changed(plan, DEPLOYMENT, path, UNKNOWN, gateway)
    renewed = next(d for d in told.of_type(DEPLOYMENT) if gateway(d))
    kept = deployment.property_dependencies if origins else {}
    plan = swapped(told, renewed, replace(renewed, property_dependencies=kept))
    return replace(plan, resources=tuple(unborn(found) for found in plan.resources))


class TestBeforeAnythingExists:
    """Entra gives ids with the deployment; a rule that waits for them has let the deployment pass."""

    def test_relations_are_judged_by_where_the_ids_come_from(self) -> None:
        report = review(_before_deployment(compliant("eu-prod")), OURS)
        assert [(f.rule.id, f.state, f.message) for f in report.findings] == []

    def test_what_comes_from_nowhere_is_not_evaluated(self) -> None:
        report = review(_before_deployment(compliant("eu-prod"), origins=False), OURS)
        assert {f.rule.id for f in report.of_state("not-evaluated")} == {
            "callers.issuers-are-of-this-tenant",
            "callers.roles-name-a-use-case",
            "callers.tokens-are-short",
        }


def _instead(plan: Plan, given: str, value: str) -> Plan:
    """One assignment gives another of the gateway's roles."""
    roles = _named(plan, "app-bw-eu-prod-gateway").get("appRoles")
    assert isinstance(roles, list)
    (other,) = [role["id"] for role in roles if role["value"] == value]
    return changed(plan, ROLE_ASSIGNMENT, "appRoleId", other, lambda found: found.name.endswith(given))


class TestIdentifiersComeBackToTheirSender:
    """With the role, what was a token to every copyist is a patient's name again."""

    RULE = "callers.identifiers-come-back-to-their-sender"

    def test_not_to_a_caller_that_may_not_ask_the_use_case(self) -> None:
        plan = _instead(compliant("eu-prod"), "telehealth-portal-use-case.clinical-notes.treatment", "data-class.phi")
        assert _refused(plan) == {self.RULE}

    def test_not_to_a_caller_that_may_send_none(self) -> None:
        plan = _instead(compliant("eu-prod"), "crm-bridge-data-class.personal", "use-case.clinical-notes.operations")
        assert _refused(plan) == {self.RULE}

    @pytest.mark.parametrize("right", ["re-identify", "erase"])
    def test_nor_is_there_such_a_role_for_what_nobody_serves(self, right: str) -> None:
        gateway = where(displayName="app-bw-eu-prod-gateway")
        roles = _named(compliant("eu-prod"), "app-bw-eu-prod-gateway").get("appRoles")
        assert isinstance(roles, list)
        index = [role["value"] for role in roles].index(f"{right}.clinical-notes")
        plan = changed(compliant("eu-prod"), APPLICATION, f"appRoles.{index}.value", f"{right}.marketing", gateway)
        assert "callers.roles-name-a-use-case" in _refused(plan)


class TestWhatComesByAnotherWayIsRefusedToo:
    """The same breach has more than one resource type."""

    @pytest.mark.parametrize("kind", [*SECRETS, OWNER])
    def test_a_secret_or_an_owner(self, kind: str) -> None:
        plan = added(compliant("eu-prod"), kind, {"applicationId": "/applications/x"})
        assert _refused(plan) == {"callers.no-secrets"}

    @pytest.mark.parametrize("kind", [REDIRECTS, PUBLIC_CLIENT])
    def test_a_door_for_browsers(self, kind: str) -> None:
        assert _refused(added(compliant("eu-prod"), kind, {})) == {"callers.no-browser-flows"}

    def test_a_subject_by_expression(self) -> None:
        plan = added(compliant("eu-prod"), FLEXIBLE, {"claimsMatchingExpression": "claims['sub'] matches 'repo:x/*'"})
        assert _refused(plan) == {"callers.federation-is-exact"}

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("issuer", f"http://issuer.example/{TENANT}"),
            ("issuer", f"https://*.example/{TENANT}"),
            ("audiences", ["api://AzureADTokenExchange", "other"]),
            ("subject", None),
        ],
    )
    def test_a_loose_proof(self, path: str, value: object) -> None:
        assert _refused(changed(compliant("eu-prod"), FEDERATED, path, value)) == {"callers.federation-is-exact"}

    def test_a_proof_of_another_tenant_or_for_an_application_of_another_stack(self) -> None:
        elsewhere = changed(compliant("eu-prod"), FEDERATED, "issuer", f"https://issuer.example/{STRANGER}")
        another = changed(compliant("eu-prod"), FEDERATED, "applicationId", f"/applications/{STRANGER}")
        assert _refused(elsewhere) == _refused(another) == {"callers.issuers-are-of-this-tenant"}

    def test_a_role_of_its_own_making(self) -> None:
        inputs = {"roleId": STRANGER, "value": "Everything", "allowedMemberTypes": ["Application"]}
        assert _refused(added(compliant("eu-prod"), ROLE, inputs)) == {"callers.roles-name-a-use-case"}

    def test_a_role_for_people(self) -> None:
        gateway = where(displayName="app-bw-eu-prod-gateway")
        plan = changed(compliant("eu-prod"), APPLICATION, "appRoles.0.allowedMemberTypes", ["User"], gateway)
        assert _refused(plan) == {"callers.roles-name-a-use-case"}

    @pytest.mark.parametrize("key", ["appRoleId", "resourceObjectId", "principalObjectId"])
    def test_a_role_of_or_for_somebody_who_is_not_in_the_plan(self, key: str) -> None:
        payment = "crm-bridge-use-case.clinical-notes.payment"
        plan = changed(compliant("eu-prod"), ROLE_ASSIGNMENT, key, STRANGER, lambda found: found.name.endswith(payment))
        assert _refused(plan) == {"callers.roles-name-a-use-case"}

    @pytest.mark.parametrize("uri", ["api://gateway", f"api://gateway/{TENANT}", f"https://x.example/{TENANT}"])
    def test_a_uri_that_anybody_could_claim(self, uri: str) -> None:
        gateway = where(displayName="app-bw-eu-prod-gateway")
        plan = changed(compliant("eu-prod"), APPLICATION, "identifierUris.0", uri, gateway)
        assert _refused(plan) == {"callers.single-tenant"}

    @pytest.mark.parametrize(
        ("index", "value"),
        [
            (0, "https://login.microsoftonline.com/common/v2.0"),
            (0, f"https://login.evil.example/{TENANT}/v2.0"),
            (1, STRANGER),
            (2, "901"),
            (2, ""),
        ],
    )
    def test_tokens_of_others_for_others_or_of_yesterday(self, index: int, value: str) -> None:
        path = f"spec.template.spec.containers.0.env.{index}.value"
        plan = changed(compliant("eu-prod"), DEPLOYMENT, path, value, where(metadata__name="gateway"))
        assert _refused(plan) == {"callers.tokens-are-short"}

    def test_an_application_that_is_gone_leaves_an_audience_of_nobodys(self) -> None:
        plan = without(compliant("eu-prod"), APPLICATION)
        assert "callers.tokens-are-short" in _refused(plan)
