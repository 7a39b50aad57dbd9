"""Shapes and labels: every example in the data is found whole, and no counterexample is."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors import tenant_patterns
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.matcher import MOST_MATCHES, Matcher, TooManyMatches
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.schemes import Scheme, schemes
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Span

PATTERNS = Patterns()
DEIDENTIFIER = Deidentifier([PATTERNS])
MARKED = re.compile("⟦(.*?)⟧", re.DOTALL)
EXAMPLES = [(scheme, example) for scheme in schemes() for example in scheme.examples]
COUNTEREXAMPLES = [(scheme, example) for scheme in schemes() for example in scheme.counterexamples]


def find(original: str, locale: str = "", patterns: tuple[tuple[str, str], ...] = ()) -> tuple[Span, ...]:
    return DEIDENTIFIER.find(original, Context(locale=locale, patterns=patterns))


def stripped(original: str) -> str:
    out, at = "", 0
    for span in find(original):
        out += original[at : span.start] + f"[{span.kind}]"
        at = span.end
    return out + original[at:]


def kinds_of(scheme: Scheme) -> set[Kind]:
    named = {Kind(name) for pattern in scheme.patterns for name in re.findall(r"\(\?P<([A-Z]+)>", pattern.expression)}
    return {pattern.kind for pattern in scheme.patterns} | named


class TestTheDataKeepsItsWord:
    """An expression without a sentence that it finds is a guess."""

    @pytest.mark.parametrize(
        ("scheme", "example"), EXAMPLES, ids=[f"{s.name}-{i}" for i, (s, _) in enumerate(EXAMPLES)]
    )
    def test_each_example_is_found_whole_and_as_its_kind(self, scheme: Scheme, example: str) -> None:
        original, wanted = MARKED.sub(r"\1", example), MARKED.findall(example)
        found = find(original)
        for stretch in wanted:
            covering = [span for span in found if stretch.strip() in original[span.start : span.end]]
            assert covering, (original, [original[span.start : span.end] for span in found])
            assert covering[0].kind in kinds_of(scheme), covering[0]
            assert covering[0].end - covering[0].start <= len(stretch) + 4

    @pytest.mark.parametrize(
        ("scheme", "example"), COUNTEREXAMPLES, ids=[f"{s.name}-{i}" for i, (s, _) in enumerate(COUNTEREXAMPLES)]
    )
    def test_no_counterexample_is_found_by_its_scheme(self, scheme: Scheme, example: str) -> None:
        text = normalise.text(example)
        assert [span for span in PATTERNS.find(text, Context()).spans if span.scheme == scheme.name] == []

    def test_every_scheme_has_a_source_and_an_example(self) -> None:
        for scheme in schemes():
            assert scheme.source.startswith("https://"), scheme.name
            assert scheme.examples or all(pattern.keep for pattern in scheme.patterns), scheme.name


class TestWhatIsMeasuredIsLeft:
    """A note stripped of its doses and values is of no use to anybody."""

    @pytest.mark.parametrize(
        "note",
        [
            "BP 120/80, HR 98, RR 16, T 98.6 F, SpO2 97% on 2 L. Wt 92.5 kg, BMI 31.2, GCS 15/15, pain 7/10.",
            "Na 140, K 4.1, Cl 101, CO2 24, BUN 14, Cr 1.0, WBC 11.2, Hgb 13.4, Plt 250,000, INR 2.5, A1c 7.2%.",
            "Co-amoxiclav 500/125 mg tds x 7 days, lisinopril 10 mg PO daily, insulin glargine 20 units qHS.",
            "ICD-10 E11.9, I10; CPT 99213; LOINC 4548-4; SNOMED CT 44054006; NCT01234567; rs1801133; NM_000059.3.",
            "BRCA1, CYP2D6*4, HER2 3+, TNFα, IL-6, T4N2M0, L4-L5, C5/6, NYHA III, EF 55-60%, G2P1, ASA 3.",
            "Metoprolol 47,5 mg 1-0-1, Hb 12,3 g/dl, Leuko 8,5/nl, RR 140/90 mmHg, HF 88/min.",
            "Parkinson, Foley catheter, May need review in 3 months, 90 pack-years, visus 20/20, power 5/5.",
            "viral load 2500000 copies/mL, penicillin 1200000 units, CD4 250, ferritin 1234 ng/mL.",
        ],
    )
    def test_a_line_without_identifiers_stays_as_it_is(self, note: str) -> None:
        assert stripped(note) == note


class TestWhenInDoubtItIsStripped:
    """A number without a label may be anybody's."""

    def test_a_labelled_number_goes_whether_its_check_holds_or_not(self) -> None:
        assert stripped("NHS no. 943 476 5918") == "NHS no. [NATIONAL]"
        assert stripped("Steuer-ID 12345678901") == "Steuer-ID [NATIONAL]"

    def test_a_long_number_goes_without_a_label(self) -> None:
        assert stripped("see 48210573") == "see [OTHER]"

    def test_a_unit_is_on_the_number_s_own_line(self) -> None:
        assert stripped("tel\n02.72.43.92\ns.guediri, ward 4") == "tel\n[PHONE]\ns.guediri, ward 4"

    @pytest.mark.parametrize(
        "written",
        ["01.42.21.72.84 m.leroy, ward 4", "020 7946 0958 h", "(415) 555-0132 cc Dr", "+44 20 7946 0958 min"],
    )
    def test_a_whole_telephone_number_is_no_measure_whatever_stands_behind(self, written: str) -> None:
        assert not re.search(r"\d{3}", stripped(f"seen, {written}").replace("ward 4", ""))

    def test_a_count_is_no_telephone_number(self) -> None:
        for count in ("CD4 250 500 copies", "2500000000 copies", "800 123 456 units"):
            assert stripped(count) == count

    def test_a_whole_date_is_no_dose_whatever_stands_behind(self) -> None:
        assert stripped("seen 12/03/1957 cc Dr") == "seen [DATE] cc Dr"
        assert stripped("took 12/5 mg") == "took 12/5 mg"

    def test_what_was_never_issued_goes_where_it_is_labelled(self) -> None:
        assert stripped("SSN 000-12-3456") == "SSN [SSN]"

    @pytest.mark.parametrize(
        "written", ["943 476 5919", "943-476-5919", "9434765919", "943\u2011476\u20115919", "９４３ ４７６ ５９１９"]
    )
    def test_separators_and_digits_of_other_scripts_hide_nothing(self, written: str) -> None:
        assert stripped(f"x {written} y") == "x [NATIONAL] y"

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(["943 476 5919", "12/03/1957", "j.smith@example.org", "219-09-9999", "+44 20 7946 0958"]),
        st.text(alphabet="abc XY.,;:()\n\té", max_size=12),
        st.text(alphabet="abc XY.,;:()\n\té", max_size=12),
    )
    def test_what_stands_around_a_number_does_not_hide_it(self, written: str, before: str, after: str) -> None:
        original = f"{before} {written} {after}"
        found = find(original)
        at = original.index(written)
        assert any(span.start <= at and at + len(written) <= span.end for span in found)


class TestTheLocaleOnlyRanks:
    """No detector is switched off by where a tenant is."""

    @pytest.mark.parametrize("locale", ["", "uk", "de", "us", "nowhere"])
    def test_the_same_stretches_are_found_everywhere(self, locale: str) -> None:
        note = "943 476 5919, 86 095 742 719, 219-09-9999, 046 454 286, 111222333"
        places = [(span.start, span.end) for span in find(note)]
        assert [(span.start, span.end) for span in find(note, locale)] == places
        assert len(places) == 5


class TestATenantsOwnPatternsAreBounded:
    """An expression from settings runs on every request."""

    def test_each_match_is_stripped_under_its_name(self) -> None:
        (span,) = find("bed WX-12 free", patterns=(("bed", "WX-[0-9]+"),))
        assert (span.kind, span.scheme, span.start, span.end) == (Kind.OTHER, "bed", 4, 9)

    @pytest.mark.parametrize("expression", ["(", "a*", r"(a)\1", "(?=a)b", "x" * 300, "(a{1,900}){1,900}", "日本"])
    def test_what_cannot_run_or_finds_nothing_is_refused(self, expression: str) -> None:
        with pytest.raises(tenant_patterns.PatternRefused, match="own"):
            tenant_patterns.check([("own", expression)])

    def test_no_more_than_a_set_number_is_run(self) -> None:
        with pytest.raises(tenant_patterns.PatternRefused):
            tenant_patterns.check([("own", "abc")] * (tenant_patterns.MOST_PATTERNS + 1))


class TestManyThreadsFindTheSame:
    """Vectorscan's scratch belongs to one thread at a time."""

    def test_nothing_is_mixed(self) -> None:
        notes = [f"NHS 943 476 5919, seen 12/03/19{n:02}, tel 020 7946 {n:04}" for n in range(80)]
        alone = [find(note) for note in notes]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(find, notes)) == alone


class TestHostileTextsEnd:
    """Linear matchers, and a bound on what is weighed. The times are in benchmarks/."""

    @pytest.mark.parametrize(
        "unit",
        [
            "a@",
            "1",
            "1 ",
            "1.",
            "http://",
            "a.com.",
            "1-2-",
            "MRN MRN ",
            "a" * 50,
            "SNOMED 1234567 7654321 ",
            "Aa St ",
            "((((",
            "é\u0301",
        ],
    )
    def test_a_long_one_is_read_to_its_end(self, unit: str) -> None:
        text = normalise.text(unit * (30_000 // len(unit)))
        assert PATTERNS.find(text, Context()).read == len(text.normal)

    def test_too_many_matches_are_refused(self) -> None:
        with pytest.raises(TooManyMatches):
            Matcher([("a", True)]).scan(b"a" * (MOST_MATCHES + 1))
