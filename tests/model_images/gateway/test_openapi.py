"""The document that callers' tools read: valid, complete, the one that is served, and the one in the reference."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from docs.gateway import ENVOY, HOST, openapi
from docs.gateway import gateway as page
from model_images.gateway.guard.codes import CODES
from model_images.gateway.guard.endpoints import ENDPOINTS
from model_images.gateway.guard.extension import Extension
from model_images.gateway.guard.openapi import document
from model_images.gateway.guard.statuses import AGAIN, STATUSES
from tests.model_images.gateway.world import World

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """As it is sent."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(HOST)))
    return found


def objects(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 JSON of any shape
    """Every object in it, with its place."""
    if isinstance(value, dict):
        yield at, value
        for key, item in value.items():
            yield from objects(item, f"{at}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, f"{at}/{index}")


class TestItIsADocument:
    """Generators of clients and of Apex stop at the first fault."""

    def test_by_the_specifications_own_schema(self, told: dict[str, Any]) -> None:
        validator = pytest.importorskip("openapi_spec_validator")
        validator.validate(told)

    def test_every_reference_leads_somewhere(self, told: dict[str, Any]) -> None:
        references = [one["$ref"] for _, one in objects(told) if "$ref" in one]
        assert references
        for reference in references:
            assert reference.removeprefix("#/components/schemas/") in told["components"]["schemas"]

    def test_each_operation_has_a_name_of_its_own(self, told: dict[str, Any]) -> None:
        names = [one["operationId"] for path in told["paths"].values() for one in path.values()]
        assert len(names) == len(set(names)) == len(ENDPOINTS) + 5

    def test_every_object_of_a_request_is_closed(self, told: dict[str, Any]) -> None:
        for path in ENDPOINTS:
            asked = told["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
            for at, one in objects(asked):
                if isinstance(one.get("properties"), dict) and one.get("type") == "object":
                    assert one.get("additionalProperties") is False, at

    def test_every_field_that_callers_may_say_is_explained(self, told: dict[str, Any]) -> None:
        fields = told["components"]["schemas"]["Extension"]["properties"]
        assert fields.keys() == set(Extension.__struct_fields__)
        assert all(one["description"] for one in fields.values())

    def test_every_status_is_told(self, told: dict[str, Any]) -> None:
        # 499 is nobody's answer: who would read it has left.
        for path in ENDPOINTS:
            answers = told["paths"][path]["post"]["responses"].keys() - {"200"}
            assert answers == {str(status) for status in STATUSES if status != 499}

    def test_what_may_be_asked_again_says_when(self, told: dict[str, Any]) -> None:
        answers = told["paths"]["/v1/chat/completions"]["post"]["responses"]
        said = {int(status) for status, one in answers.items() if "Retry-After" in one.get("headers", {})}
        assert said == {status for status, codes in STATUSES.items() if codes & AGAIN.keys()}


class TestItIsTheOneThatIsServed:
    """A copy that has aged is worse than none."""

    def test_at_the_gateway(self, world: World, told: dict[str, Any]) -> None:
        answer = world.ask(None, "/openapi.json", method="GET")
        served = answer.json
        assert served.pop("servers") == [{"url": "https://gateway.test"}]
        assert served == {name: value for name, value in told.items() if name != "servers"}

    def test_in_the_reference(self) -> None:
        assert (REFERENCE / "gateway-openapi.json").read_text() == f"{openapi()}\n"


class TestTheReference:
    """What a program meets, a person finds."""

    def test_every_code(self) -> None:
        text = "\n".join(page())
        status = {code: status for status, codes in STATUSES.items() for code in codes}
        assert not [code for code in CODES if f"| `{code}` | {status[code]} |" not in text]

    def test_every_refusal_of_envoys_that_tests_know(self) -> None:
        assert {401, 403, 404, 408, 413, 429, 431, 503} <= ENVOY.keys()

    def test_every_key_of_the_settings_is_explained_or_explains_itself(self) -> None:
        text = "\n".join(page()).partition("## Settings")[2]
        silent = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.endswith("|  |")]
        assert set(silent) <= {
            *("environment", "listeners", "health", "tenants", "external_providers", "prompts", "audit", "plugin"),
            *("vault", "database"),
            *("volume", "port", "token", "path", "name"),
        }
        assert json.loads(openapi())["info"]["title"]
