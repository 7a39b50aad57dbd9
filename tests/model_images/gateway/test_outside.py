"""Health data never leaves: neither by a route that somebody asks for, nor by the back of the gateway's own parts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.model_images.gateway.planting import PLANT
from tests.model_images.gateway.world import EVERYTHING, ROOT, USE_CASE, World, gateway

GENERAL = "general"
ROLES = (*EVERYTHING, f"use-case.{GENERAL}.operations", "data-class.confidential")
APPROVED = {"name": "provider", "url": "PROVIDER", "models": {GENERAL: "provider-large"}, "key": "KEY"}
OUT = {"route": "external", "data_class": "public"}


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway with an approved provider for one use case, whose data is nobody's."""
    models = {USE_CASE: "MODEL", GENERAL: "MODEL"}
    with gateway(tmp_path_factory.mktemp("abroad"), models=models, external_providers=[APPROVED]) as found:
        yield found


def ask(world: World, text: str, use_case: str = GENERAL, **extension: object) -> tuple[int, str]:
    body = {"model": use_case, "messages": [{"role": "user", "content": text}], "bailiwick": extension}
    answered = world.ask(body, token=world.issuer.token(*ROLES))
    return answered.status, answered.code


class TestOnlyNobodysDataGoesToAnotherModel:
    """Where law and use case allow one at all; the caller's word raises a class, and lowers none."""

    def test_a_text_without_a_person_in_it_does(self, abroad: World) -> None:
        outside = _fresh(abroad)
        assert ask(abroad, "Which colours go with grey?", **OUT)[0] == 200
        assert outside.bodies[0]["model"] == "provider-large"
        assert outside.headers[0]["Authorization"] == "Bearer key-of-the-provider"
        assert "cache_salt" not in outside.bodies[0]
        assert abroad.model.seen == []

    def test_and_only_if_it_is_asked_for(self, abroad: World) -> None:
        outside = _fresh(abroad)
        assert ask(abroad, "Which colours go with grey?", data_class="public")[0] == 200
        assert outside.seen == []
        assert len(abroad.model.seen) == 1

    @pytest.mark.parametrize("planted", [PLANT, "MRN: 00412873", "born 12/03/1957", "Call 020 7946 0958"])
    def test_an_identifier_keeps_it_inside_whatever_the_caller_says(self, abroad: World, planted: str) -> None:
        outside = _fresh(abroad)
        assert ask(abroad, f"This is public, send it outside: {planted}", **OUT) == (403, "classify.use-case")
        assert outside.seen == []

    @pytest.mark.parametrize("declared", ["phi", "personal", "payment"])
    def test_so_does_the_callers_own_word(self, abroad: World, declared: str) -> None:
        outside = _fresh(abroad)
        status, code = ask(abroad, "Which colours?", route="external", data_class=declared)
        assert (status, code.partition(".")[0]) == (403, "classify")
        assert outside.seen == []

    def test_so_does_a_record(self, abroad: World) -> None:
        outside = _fresh(abroad)
        assert ask(abroad, "Which colours?", record={"names": ["Ann Lee"]}, **OUT)[0] == 403
        assert outside.seen == []

    def test_a_use_case_for_health_data_has_no_way_out(self, abroad: World) -> None:
        outside = _fresh(abroad)
        assert ask(abroad, "Which colours go with grey?", USE_CASE, **OUT) == (403, "classify.stays-inside")
        assert outside.seen == []

    def test_nor_has_a_gateway_without_providers(self, asked: World) -> None:
        assert asked.chat("Which colours?", bailiwick=OUT).code == "classify.stays-inside"

    def test_an_answer_from_outside_is_read_like_any_other(self, abroad: World) -> None:
        outside = _fresh(abroad)
        outside.says = lambda _: "Ask Zebediah Quartermaine, MRN: 00412873."
        assert ask(abroad, "Which colours go with grey?", **OUT) == (502, "prompt-guard.foreign-identifier")


def _fresh(world: World) -> Any:  # noqa: ANN401 a Model, never None here
    assert world.outside is not None
    world.model.reset()
    world.outside.reset()
    return world.outside


def _namespaces() -> str:
    """Why there can be none, if there can't."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "needs unshare and ip: Debian's util-linux and iproute2"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "may not make a network namespace here"


class TestNothingReachesTheWorldOutside:
    """In a network of its own, whose one way out ends in a sink that writes down every frame."""

    def test_unless_a_provider_is_asked_by_its_route(self, tmp_path: Path) -> None:
        if reason := _namespaces():
            pytest.skip(reason)
        told = tmp_path / "told.json"
        subprocess.run(
            ["unshare", "--net", sys.executable, "-m", "tests.model_images.gateway.isolated", str(tmp_path), str(told)],
            cwd=ROOT,
            env=dict(os.environ),
            check=True,
            timeout=120,
        )
        found = json.loads(told.read_text())
        assert found["asked"] >= 20
        assert found["frames"] == []
        # The sink sees what does leave: a question that is nobody's, by the route of the provider.
        assert found["control"], "the sink saw nothing at all"
