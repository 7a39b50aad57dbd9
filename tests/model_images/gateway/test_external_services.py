"""What Salesforce is given: drawn from the gateway's document, within its limits, and its files agree.

Nothing here ran in an org. Limits: help.salesforce.com, "System Limits" (external_services_schema_def_limits), "Schema
Definitions" (external_services_schema_def_definition), "Naming and Description Conventions".
"""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from docs.salesforce import RECORD, external_service
from model_images.gateway.clients import telehealth
from model_images.gateway.guard.detectors.record_form import known
from model_images.gateway.guard.endpoints import ENDPOINTS, ERASURES
from model_images.gateway.guard.extension import Extension
from tests.model_images.gateway.planting import RAW
from tests.model_images.gateway.test_openapi import objects
from tests.model_images.gateway.world import USE_CASE, World

FOLDER = Path(telehealth.__file__).parent / "salesforce"
SPACE = "{http://soap.sforce.com/2006/04/metadata}"
MOST_CHARACTERS, MOST_OPERATIONS, MOST_OBJECTS, MOST_DESCRIPTION = 10_000_000, 3_000, 3_000, 1_333
TYPES = {"string", "integer", "number", "boolean", "array", "object"}
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
"""Of a component: letters, digits and single underscores, a letter first."""


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    return external_service()


def xml(path: str) -> ET.Element:
    return ET.parse(FOLDER / path).getroot()  # noqa: S314 a file of this repository


def said(root: ET.Element, name: str) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SPACE}{name}")]


class TestTheDocumentIsOneThatSalesforceTakes:
    """A construct that it does not know becomes an untyped Object, or ends the registration."""

    def test_within_the_limits(self, given: dict[str, Any]) -> None:
        assert given["openapi"].startswith("3.0.")
        assert len(json.dumps(given, indent=1)) < MOST_CHARACTERS
        assert sum(len(path) for path in given["paths"].values()) < MOST_OPERATIONS
        assert len(given["components"]["schemas"]) < MOST_OBJECTS
        descriptions = [one["description"] for _, one in objects(given) if isinstance(one.get("description"), str)]
        assert max(map(len, descriptions)) <= MOST_DESCRIPTION

    def test_no_construct_that_is_untyped_or_of_3_1(self, given: dict[str, Any]) -> None:
        foreign = {"oneOf", "anyOf", "allOf", "not", "const", "examples", "nullable", "patternProperties"}
        for at, one in objects(given):
            assert not foreign & one.keys(), at
            # A property may be called `type`.
            kind = one.get("type", "object")
            assert isinstance(kind, dict) or kind in TYPES, at

    def test_every_property_has_a_type_or_a_name(self, given: dict[str, Any]) -> None:
        for name, schema in given["components"]["schemas"].items():
            for key, one in schema["properties"].items():
                assert one.get("type") in TYPES - {"object"} or one["$ref"], f"{name}.{key}"
                assert one.get("type") != "array" or one["items"], f"{name}.{key}"

    def test_media_types_and_methods(self, given: dict[str, Any]) -> None:
        media = {kind for _, one in objects(given["paths"]) for kind in one.get("content", ())}
        assert media == {"application/json"}
        assert {method for path in given["paths"].values() for method in path} <= {"get", "post"}
        assert "requestBody" not in given["paths"]["/v1/models"]["get"]

    def test_names_are_apexs(self, given: dict[str, Any]) -> None:
        assert all(NAME.fullmatch(name) and len(name) <= 40 for name in given["components"]["schemas"])

    def test_every_reference_leads_somewhere(self, given: dict[str, Any]) -> None:
        used = {one["$ref"].rpartition("/")[2] for _, one in objects(given) if "$ref" in one}
        assert used == given["components"]["schemas"].keys()

    def test_by_the_specifications_own_schema(self, given: dict[str, Any]) -> None:
        validator = pytest.importorskip("openapi_spec_validator")
        validator.validate(json.loads(json.dumps(given)))


class TestItSaysNothingThatTheGatewayDoesNotTake:
    """It is drawn from the same description; what it adds by hand is held here."""

    def test_fields_are_the_endpoints_own(self, given: dict[str, Any]) -> None:
        fields = given["components"]["schemas"]["ChatRequest"]["properties"].keys() - {"bailiwick"}
        assert fields <= ENDPOINTS["/v1/chat/completions"].request.fields.keys()
        assert given["components"]["schemas"]["Bailiwick"]["properties"].keys() <= set(Extension.__struct_fields__)

    def test_an_erasure_has_all_of_its_fields_and_either_may_be_left_out(self, given: dict[str, Any]) -> None:
        schema = given["components"]["schemas"]["ErasureRequest"]
        assert schema["properties"].keys() == ERASURES.request.fields.keys()
        assert schema["required"] == ["model"]

    def test_every_field_of_the_record_is_read(self) -> None:
        for name, schema in RECORD["properties"].items():  # type: ignore[attr-defined] # JSON of our own
            value = "1957-03-12" if "date" in name else "Zebediah"
            facts = known({name: value if schema["type"] == "string" else [value]})
            assert facts.people or facts.streets or facts.dates or facts.numbers, name

    def test_a_body_as_apex_would_send_it(self, asked: World, given: dict[str, Any]) -> None:
        schemas = given["components"]["schemas"]
        text = "Zebediah Quartermaine waits for a parcel."
        body: dict[str, Any] = {
            "model": USE_CASE,
            "messages": [{"role": "user", "content": text}],
            # Classes in Apex have every field; what is not set may come as null.
            "temperature": None,
            "bailiwick": {
                "data_class": "personal",
                "record": {"names": ["Zebediah Quartermaine"], "ids": ["00001026"], "emails": [], "birth_date": None},
                "passages": [],
                "purpose": None,
            },
        }
        answer = asked.ask(body)
        assert answer.status == 200, answer.body
        assert answer.json.keys() <= schemas["ChatAnswer"]["properties"].keys()
        assert answer.json["choices"][0]["message"]["content"] == text
        seen = b"".join(asked.model.seen).decode().lower()
        assert not [raw for raw in RAW if raw in seen]

    def test_a_refusal_as_apex_reads_it(self, asked: World, given: dict[str, Any]) -> None:
        answer = asked.ask({"model": USE_CASE})
        assert answer.status == 400
        assert given["components"]["schemas"]["RefusalError"]["properties"].keys() <= answer.json["error"].keys()


class TestItsFilesAgree:
    """A name that one file changed is a callout that fails in an org, for a reason that nobody sees."""

    def test_each_is_well_formed_and_of_its_kind(self) -> None:
        found = {path.name.split(".")[1].partition("-")[0]: path for path in FOLDER.rglob("*-meta.xml")}
        assert found.keys() == {
            *("namedCredential", "externalCredential", "externalServiceRegistration", "permissionset", "cls"),
        }
        for path in found.values():
            assert ET.parse(path).getroot().tag.startswith(SPACE), path  # noqa: S314 as above

    def test_the_registration_holds_the_document(self, given: dict[str, Any]) -> None:
        root = xml("externalServiceRegistrations/Gateway.externalServiceRegistration-meta.xml")
        (schema,) = said(root, "schema")
        assert json.loads(schema) == given
        operations = [one.findtext(f"{SPACE}name") for one in root.iter(f"{SPACE}operations")]
        assert sorted(map(str, operations)) == sorted(
            one["operationId"] for path in given["paths"].values() for one in path.values()
        )
        assert said(root, "namedCredential") == ["Gateway"]

    def test_credentials_refer_to_each_other(self) -> None:
        named = xml("namedCredentials/Gateway.namedCredential-meta.xml")
        assert said(named, "externalCredential") == ["Gateway_Access"]
        assert said(named, "certificate") == ["Gateway_Client"]
        assert said(named, "generateAuthorizationHeader") == ["true"]
        permission = xml("permissionsets/Gateway_Caller.permissionset-meta.xml")
        external = xml("externalCredentials/Gateway_Access.externalCredential-meta.xml")
        (principal,) = [
            one.findtext(f"{SPACE}parameterName")
            for one in external.iter(f"{SPACE}externalCredentialParameters")
            if one.findtext(f"{SPACE}parameterType") == "NamedPrincipal"
        ]
        assert said(permission, "externalCredentialPrincipal") == [f"Gateway_Access-{principal}"]
        assert said(permission, "apexClass") == [path.stem for path in FOLDER.rglob("*.cls")]

    def test_no_secret_is_in_them(self) -> None:
        text = "".join(path.read_text() for path in FOLDER.rglob("*.xml"))
        assert not re.search(r"client_?secret|password|BEGIN", text, re.IGNORECASE)

    def test_apex_uses_what_the_document_has(self, given: dict[str, Any]) -> None:
        code = (FOLDER / "classes" / "CaseLetter.cls").read_text()
        classes = set(re.findall(r"ExternalService\.Gateway_(\w+)", code))
        assert classes <= given["components"]["schemas"].keys()
        assert set(re.findall(r"ExternalService\.Gateway\.(\w+?)_", code)) == {"chat"}
        variables = dict(re.findall(r"ExternalService\.Gateway_(\w+) (\w+) = new", code))
        for name, variable in variables.items():
            used = set(re.findall(rf"\b{variable}\.(\w+) =", code))
            assert used <= given["components"]["schemas"][name]["properties"].keys(), name
        statuses = set(re.findall(r"\.Code(\d{3})\b", code))
        assert statuses <= given["paths"]["/v1/chat/completions"]["post"]["responses"].keys()
