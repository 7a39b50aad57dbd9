"""Reading a file: strict, all faults at once, and in words."""

import subprocess
import sys
from collections.abc import Callable
from importlib import resources

import pytest
import yaml
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from jurisdictions import JurisdictionError, UnknownJurisdiction, available, load
from jurisdictions.countries import ISO_3166
from jurisdictions.loader import parse

Document = dict[str, object]


def _uk() -> Document:
    text = resources.files("jurisdictions").joinpath("uk.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert isinstance(document, dict)
    return document


def _refused(change: Callable[[Document], object]) -> str:
    document = _uk()
    change(document)
    with pytest.raises(JurisdictionError) as caught:
        parse(yaml.safe_dump(document), "uk")
    return str(caught.value)


def _region(document: Document, name: str) -> dict[str, object]:
    regions = document["regions"]
    assert isinstance(regions, dict)
    region = regions[name]
    assert isinstance(region, dict)
    return region


def _exceptions(document: Document) -> list[dict[str, object]]:
    exceptions = document["residency_exceptions"]
    assert isinstance(exceptions, list)
    return exceptions


class TestUnknownNames:
    """A stack with a typo must not fall back to another law."""

    def test_a_typo_gets_a_guess(self) -> None:
        with pytest.raises(UnknownJurisdiction, match="did you mean uk"):
            load("ukk")

    def test_a_stranger_gets_the_list(self) -> None:
        with pytest.raises(UnknownJurisdiction, match=f"Known: {', '.join(available())}"):
            load("atlantis-prime")

    @given(st.text(max_size=40))
    def test_nothing_but_a_listed_name_is_ever_loaded(self, name: str) -> None:
        if name not in available():
            with pytest.raises(UnknownJurisdiction):
                load(name)

    @pytest.mark.parametrize("name", ["../eu", "clouds/public", "eu.yaml", "EU", ""])
    def test_a_path_is_not_a_name(self, name: str) -> None:
        with pytest.raises(UnknownJurisdiction):
            load(name)


class TestFaults:
    """One fault per run costs a compliance officer a day each."""

    def test_the_file_as_it_is_has_none(self) -> None:
        assert parse(yaml.safe_dump(_uk()), "uk").id == "uk"

    def test_a_pair_outside_is_refused(self) -> None:
        assert "replication would leave it" in _refused(lambda d: _region(d, "uksouth").update(pair="westeurope"))

    def test_a_region_is_not_its_own_pair(self) -> None:
        assert "paired with itself" in _refused(lambda d: _region(d, "uksouth").update(pair="uksouth"))

    def test_a_region_in_no_country_is_refused(self) -> None:
        assert "'ZZ' is no country" in _refused(lambda d: _region(d, "uksouth").update(country="ZZ"))

    def test_the_uk_is_gb(self) -> None:
        assert "did you mean GB" in _refused(lambda d: d.update(portal_countries=["UK"]))

    def test_front_doors_zz_is_no_country(self) -> None:
        assert "'ZZ' is no country" in _refused(lambda d: d.update(portal_countries=["GB", "ZZ"]))

    def test_an_unquoted_no_is_caught(self) -> None:
        assert "portal_countries" in _refused(lambda d: d.update(portal_countries=["GB", False]))

    def test_a_country_twice_is_refused(self) -> None:
        assert "'GB' stands twice" in _refused(lambda d: d.update(portal_countries=["GB", "GB"]))

    def test_an_exception_twice_is_refused(self) -> None:
        assert "stands twice" in _refused(lambda d: _exceptions(d).append(_exceptions(d)[0]))

    def test_an_exception_without_end_is_refused(self) -> None:
        assert "expires" in _refused(lambda d: _exceptions(d)[0].update(expires="never"))

    def test_an_unknown_key_is_refused(self) -> None:
        assert "portal_country" in _refused(lambda d: d.update(portal_country=["GB"]))

    def test_an_unknown_cloud_is_refused_with_the_ones_there_are(self) -> None:
        assert "allowed: china, public, usgovernment" in _refused(lambda d: d.update(cloud="publik"))

    def test_a_file_under_another_name_is_refused(self) -> None:
        assert "must be the file's name" in _refused(lambda d: d.update(id="uk-two"))

    def test_prod_needs_a_custody(self) -> None:
        assert "names nothing for prod" in _refused(lambda d: d.update(key_custody={"dev": "managed-hsm"}))

    def test_all_faults_come_at_once(self) -> None:
        def break_everything(document: Document) -> None:
            _region(document, "uksouth").update(pair="westeurope")
            document.update(portal_countries=["GB", "GB"], key_custody={"dev": "managed-hsm"}, name=None)
            _exceptions(document).append(_exceptions(document)[0])

        message = _refused(break_everything)
        for part in ("5 faults", "westeurope", "'GB' stands twice", "for prod", "name: ", "exception '"):
            assert part in message

    def test_text_that_is_not_yaml_is_refused_in_words(self) -> None:
        with pytest.raises(JurisdictionError, match="not YAML"):
            parse("id: [", "uk")

    @given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabc", min_size=1, max_size=3))
    def test_only_assigned_codes_pass(self, code: str) -> None:
        document = {**_uk(), "portal_countries": [code]}
        if code in ISO_3166:
            assert parse(yaml.safe_dump(document), "uk").portal_countries == (code,)
        else:
            with pytest.raises(JurisdictionError):
                parse(yaml.safe_dump(document), "uk")


class TestTheModelIsLaw:
    """A rule that could edit the law it checks would always pass."""

    def test_fields_cannot_be_assigned(self) -> None:
        with pytest.raises(FrozenInstanceError):
            load("eu").retention.audit_log_days_min = 1  # type: ignore[misc]  # the test is that it can't

    def test_it_is_read_once(self) -> None:
        assert load("eu") is load("eu")

    def test_iso_has_249_codes(self) -> None:
        assert len(ISO_3166) == 249

    def test_it_needs_no_pulumi(self) -> None:
        code = "import sys, jurisdictions; jurisdictions.load('eu'); sys.exit('pulumi' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
