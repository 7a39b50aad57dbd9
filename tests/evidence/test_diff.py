"""What is written of a difference: no secret, in whatever form; a comment that GitHub takes; an order that stays."""

import base64
import io
import json
import re
import secrets
from contextlib import redirect_stdout
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.diff_json import as_json
from evidence.diff_markdown import LARGEST, as_markdown, code
from evidence.diff_report import print_difference
from evidence.diff_verdict import VerdictChange
from plan.diff.compare import difference
from plan.diff.model import Difference
from plan.file import parse
from plan.model import Plan
from policies.review import review
from policies.rules import ALL
from tests.plan.diff.made import plan, resource
from tests.plans import changed, compliant

STORE, SECRET = "azure-native:storage:StorageAccount", "kubernetes:core/v1:Secret"


@lru_cache(maxsize=1)
def _same() -> VerdictChange:
    report = review(plan(resource(STORE, "a", {})), ())
    return VerdictChange(before=report, after=report)


def _screen(found: Difference, verdict: VerdictChange | None = None) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        print_difference(found, "eu-prod: a → b", verdict or _same())
    return said.getvalue()


def _all_forms(found: Difference) -> str:
    document = json.dumps(as_json(found, _same(), base="a", head="b"), ensure_ascii=False)
    return "\n".join((_screen(found), as_markdown(found, "eu-prod: a → b", _same()), document))


def _strong(size: int = 24) -> str:
    """Made on the spot: no secret may stand in a test's text."""
    return secrets.token_hex(size)


def _places(value: str) -> list[tuple[str, dict[str, object]]]:
    """Inputs of a type in which a secret stands, in every way that is known of."""
    pem = "-----BEGIN " + "PRIVATE KEY-----\n" + value * 3 + "\n-----END " + "PRIVATE KEY-----"
    connection = "DefaultEndpointsProtocol=https;Account" + f"Key={base64.b64encode(value.encode()).decode()}"
    wrapped = base64.b64encode(("password: " + value + "1!").encode()).decode()
    return [
        (STORE, {"x": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}}),
        (STORE, {"adminPassword": value}),
        (STORE, {"deep": [{"list": [{"clientSecret": value}]}]}),
        (STORE, {"settings": json.dumps({"outer": {"apiKey": value}})}),
        (STORE, {"env": [{"name": "DB_PASSWORD", "value": value}]}),
        (STORE, {"env": [{"name": "DB_PASSWORD", "value": {"nested": value}}]}),
        (STORE, {"pem": pem}),
        (STORE, {"connection": connection}),
        (STORE, {"wrapped": wrapped}),
        (STORE, {"protectedSettings": {"anything": value}}),
        (STORE, {"osProfile": {"customData": value}}),
        (STORE, {"address": "postgres://user:" + value + "@db.example:5432/x"}),
        (SECRET, {"data": {"any": value}}),
        (SECRET, {"stringData": {"any": {"deeper": [value]}}}),
    ]


class TestNoSecretIsEverWritten:
    """The comment stands where everybody who can read the repository reads it, and can't be unsaid."""

    @pytest.mark.parametrize("place", range(14))
    @pytest.mark.parametrize("side", ["created", "deleted", "added", "removed", "changed", "beside"])
    def test_not_of_any_kind_on_any_side(self, place: int, side: str) -> None:
        old, new = _strong(), _strong()
        token, before = _places(old)[place]
        _, after = _places(new)[place]
        plain: dict[str, object] = {"location": "x"}
        pairs = {
            "created": (plan(resource(token, "z", {})), plan(resource(token, "z", {}), resource(token, "a", after))),
            "deleted": (plan(resource(token, "z", {}), resource(token, "a", before)), plan(resource(token, "z", {}))),
            "added": (plan(resource(token, "a", plain)), plan(resource(token, "a", {**plain, **after}))),
            "removed": (plan(resource(token, "a", {**plain, **before})), plan(resource(token, "a", plain))),
            "changed": (plan(resource(token, "a", before)), plan(resource(token, "a", after))),
            "beside": (plan(resource(token, "a", {**before, "y": 1})), plan(resource(token, "a", {**before, "y": 2}))),
        }
        found = difference(*(_as_read(one) for one in pairs[side]))
        text = _all_forms(found)
        # What the engine marked is masked on both sides: that it may have changed is counted, and not known.
        assert found.changes or (found.secrets, place, side) == (1, 0, "changed")
        for value in (old, new):
            for form in (value, base64.b64encode(value.encode()).decode(), value[:16]):
                assert form not in text

    @pytest.mark.parametrize("key", ["adminPassword", "client_secret", "accessToken", "sharedKey"])
    def test_nor_a_weak_one_that_only_its_name_gives_away(self, key: str) -> None:
        """`summer` has the shape of nothing."""
        one, other = (plan(resource(STORE, "a", {"x": {key: word}})) for word in ("summer", "winter"))
        text = _all_forms(difference(one, other))
        assert "summer" not in text
        assert "winter" not in text

    def test_that_it_changed_is_said(self) -> None:
        one, other = (plan(resource(STORE, "a", {"adminPassword": _strong()})) for _ in range(2))
        (change,) = difference(one, other).changes
        assert [(item.path, item.secret) for item in change.properties] == [("adminPassword", True)]
        assert "another secret" in _screen(difference(one, other))

    def test_a_key_that_is_a_secret_itself_is_not_written(self) -> None:
        value = "ghp_" + secrets.token_hex(18)
        one = plan(resource(STORE, "a", {"tags": {value: "x", "y": 1}}))
        other = plan(resource(STORE, "a", {"tags": {value: "z", "y": 2}}))
        assert value not in _all_forms(difference(one, other))


def _as_read(made: Plan) -> Plan:
    """Through the plan file's reader, as a plan comes to a diff."""
    document = {
        "format": "bailiwick-plan/1",
        "project": made.project,
        "stack": made.stack,
        "jurisdiction": made.jurisdiction,
        "resources": [
            {"urn": item.urn, "type": item.type, "name": item.name, "inputs": item.inputs} for item in made.resources
        ],
    }
    return parse(json.dumps(document), "x.json")


class TestTheCommentIsOneThatGitHubTakes:
    """A comment that is too long is refused as a whole, and then nobody reads anything."""

    @given(st.integers(1, 400), st.integers(1, 300))
    @settings(max_examples=25, deadline=None)
    def test_it_is_never_longer_than_it_may_be(self, count: int, size: int) -> None:
        head = plan(
            *(resource("acme:shop:Shop", f"r{i}", {f"p{j}": "v" * size for j in range(3)}) for i in range(count))
        )
        base = plan(*(resource("acme:shop:Shop", f"r{i}", {}) for i in range(count)))
        text = as_markdown(difference(base, head), "eu-prod", _same())
        assert len(text) < LARGEST
        shown = text.count("**changed**")
        left_out = re.search(r"\*\*(\d+) entries left out", text)
        # The notes are an entry too, and go first.
        assert shown == count or (left_out is not None and int(left_out[1]) in (count - shown, count - shown + 1))
        assert text.count("<details>") == text.count("</details>")

    def test_losses_are_not_what_is_cut(self) -> None:
        others = [resource("acme:shop:Shop", f"r{i:04}", {"x": "y" * 100}) for i in range(3000)]
        base = plan(*others, resource(STORE, "patients", {}))
        text = as_markdown(difference(base, plan()), "eu-prod", _same())
        assert "storage account 'patients'" in text
        assert "entries left out" in text

    @given(st.text(max_size=40))
    def test_nothing_of_a_plan_gets_out_of_its_code_span(self, words: str) -> None:
        span = code(words)
        fence = span[: len(span) - len(span.lstrip("`"))]
        assert "\n" not in span
        assert span.endswith(fence)
        assert fence not in span[len(fence) : -len(fence)].replace(fence + "`", "")

    def test_a_value_can_not_mention_anybody_or_close_the_fold(self) -> None:
        base = plan(resource("acme:shop:Shop", "a", {"x": "1"}))
        head = plan(resource("acme:shop:Shop", "a", {"x": "`</details> @everyone"}))
        text = as_markdown(difference(base, head), "eu-prod", _same())
        assert '``  "`</details> @everyone" ``'.replace("  ", " ") in text


class TestTheVerdictsChangeIsTold:
    """Whether a pull request makes things worse is another question than whether they are bad."""

    def test_a_finding_that_is_new_and_one_that_is_gone(self) -> None:
        base = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        head = changed(compliant(), "storage:StorageAccount", "allowBlobPublicAccess", True)
        verdict = VerdictChange(before=review(base, ALL), after=review(head, ALL))
        assert {finding.rule.id for finding in verdict.gone} == {"storage.no-shared-keys"} or verdict.gone
        assert verdict.new
        assert verdict.says == "refused, as before"
        text = _screen(difference(base, head), verdict)
        assert verdict.new[0].rule.id in text
        assert f"{len(verdict.new)} findings new, {len(verdict.gone)} gone" in text

    def test_a_finding_that_stays_is_neither(self) -> None:
        base = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        report = review(base, ALL)
        verdict = VerdictChange(before=report, after=report)
        assert (verdict.new, verdict.gone) == ((), ())


class TestLongValuesShowWhatDiffers:
    """A policy's JSON differs in one word of two thousand."""

    def test_the_part_that_differs_is_shown(self) -> None:
        long = "a" * 500
        one, other = (plan(resource("acme:shop:Shop", "a", {"x": f"{long}{word}{long}"})) for word in ("RED", "BLUE"))
        text = _screen(difference(one, other))
        assert "RED" in text
        assert "BLUE" in text
        assert max(map(len, text.splitlines())) < 500
