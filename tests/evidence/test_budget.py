"""A budget that warns: above what a month can cost, and not so far above that nobody is ever told."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.budget import FAR, Proposal, judge, rounded_up
from evidence.budget_report import as_json, print_proposal
from evidence.cost import estimate
from evidence.prices import load
from tests.plans import STACKS, changed, compliant, without

AMOUNTS = st.decimals("0.01", "1e9", places=2)
RATES = st.none() | st.decimals("0.0001", "1000000", places=4)
HEADROOMS = st.decimals(0, 500, places=1)
PRICED = "eu-dev"


def _proposal(stack: str = PRICED, **how: Decimal | None) -> Proposal:
    return Proposal(estimate=estimate(compliant(stack)), **how)  # type: ignore[arg-type]  # each test names its own


def _held(monthly: object, stack: str = PRICED) -> Proposal:
    return Proposal(estimate=estimate(changed(compliant(stack), "consumption:Budget", "amount", monthly)))


def _printed(capsys: pytest.CaptureFixture[str], proposal: Proposal) -> str:
    print_proposal(proposal, written=False)
    return capsys.readouterr().out


class TestAReadableAmountIsNeverLess:
    """A proposal that rounding made smaller than the estimate would ring in the first month."""

    @given(AMOUNTS)
    def test_it_is_rounded_up_by_less_than_a_tenth_or_to_the_next_unit(self, amount: Decimal) -> None:
        rounded = rounded_up(amount)
        assert amount <= rounded < max(amount * Decimal("1.1"), amount + 1)

    @given(AMOUNTS)
    def test_two_significant_digits_are_left(self, amount: Decimal) -> None:
        assert len(str(rounded_up(amount)).rstrip("0")) <= 2

    @given(AMOUNTS)
    def test_rounding_again_changes_nothing(self, amount: Decimal) -> None:
        assert rounded_up(Decimal(rounded_up(amount))) == rounded_up(amount)

    @settings(deadline=None)  # the first example waits for the plan
    @given(HEADROOMS, RATES)
    def test_the_proposal_is_never_below_the_estimate(self, headroom: Decimal, rate: Decimal | None) -> None:
        proposal = _proposal(headroom=headroom, rate=rate)
        most = proposal.estimate.most
        assert most is not None
        assert proposal.amount is not None
        assert proposal.amount >= most * (rate or 1)
        assert proposal.amount >= most * (rate or 1) * (1 + headroom / 100)

    def test_nothing_is_less_than_the_least_budget(self) -> None:
        assert rounded_up(Decimal(0)) == rounded_up(Decimal("0.3")) == 1


class TestEveryBudgetIsJudgedOnce:
    """Below the estimate it rings at once; far above it never rings; in between it warns."""

    @given(AMOUNTS, AMOUNTS, HEADROOMS)
    def test_what_fits_is_neither_below_the_estimate_nor_out_of_reach(
        self, current: Decimal, most: Decimal, headroom: Decimal
    ) -> None:
        proposal = rounded_up(most * (100 + headroom) / 100)
        judgement = judge(current, most, proposal, mostly_known=True)
        assert (judgement == "too low") == (current < most)
        assert (judgement == "too high") == (current > FAR * proposal)
        assert (judgement == "fits") == (most <= current <= FAR * proposal)

    @given(AMOUNTS, HEADROOMS)
    def test_the_proposal_itself_fits(self, most: Decimal, headroom: Decimal) -> None:
        proposal = rounded_up(most * (100 + headroom) / 100)
        assert judge(Decimal(proposal), most, proposal, mostly_known=False) == "fits"

    def test_no_budget_at_all_is_too_low(self) -> None:
        bare = Proposal(estimate=estimate(without(compliant(PRICED), "consumption:Budget")))
        assert bare.judgement == "too low"

    @pytest.mark.parametrize(
        ("monthly", "says", "because"),
        [
            (100, "too low", "the alarm would ring in the first month"),
            (3800, "fits", "the alarm rings when"),
            (1_000_000, "too high", "the alarm would never ring"),
        ],
    )
    def test_the_last_lines_say_it_and_what_to_do(
        self, capsys: pytest.CaptureFixture[str], monthly: int, says: str, because: str
    ) -> None:
        lines = _printed(capsys, _held(monthly)).splitlines()
        (verdict,) = [line for line in lines if line.startswith(("✓", "✗"))]
        assert f"{PRICED}: {says}   " in verdict
        assert because in verdict
        assert ("  hint: bailiwick budget eu-dev --write" in lines) == (says != "fits")


class TestWhatHasNoPriceIsNotJudged:
    """A sum that lacks the dearest part would call every real budget too high, and --write would lower it."""

    def test_without_any_price_nothing_is_proposed(self, capsys: pytest.CaptureFixture[str]) -> None:
        proposal = _proposal("usgov-prod")
        assert proposal.amount is None
        assert proposal.judgement == "not known"
        assert "0.00" not in _printed(capsys, proposal)

    def test_a_region_with_few_prices_calls_no_budget_too_high(self) -> None:
        priced = estimate(compliant(PRICED))
        table = load("public")
        few = {key: price for key, price in table.prices.items() if key[1] != "swedencentral" or "D8ds" in key[0]}
        lines = tuple(
            replace(line, price=line.price if line.price and (line.price.meter, line.region) in few else None)
            for line in priced.lines
        )
        thin = Proposal(
            estimate=replace(priced, lines=lines, table=replace(table, prices=few), budget=Decimal(1_000_000))
        )
        assert thin.amount is not None
        assert thin.lacking > len(priced.lines) - len(thin.estimate.unpriced)
        assert thin.judgement == "not known"
        assert replace(thin, estimate=replace(thin.estimate, budget=Decimal(1))).judgement == "too low"

    def test_charges_without_a_price_are_counted_on_the_screen(self, capsys: pytest.CaptureFixture[str]) -> None:
        proposal = _proposal()
        count, total = len(proposal.estimate.unpriced), len(proposal.estimate.lines)
        assert f"no price known for {count} of {total} charges" in _printed(capsys, proposal)


class TestNoRateIsInvented:
    """List prices are dollars; the subscription may count in another currency."""

    def test_without_one_it_says_that_1_is_used(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "! Without --rate, 1 is used: prices are USD" in _printed(capsys, _proposal())
        assert as_json(_proposal(), written=False)["rate"] is None

    def test_with_one_every_sum_after_the_estimate_is_multiplied(self, capsys: pytest.CaptureFixture[str]) -> None:
        plain, billed = _proposal(), _proposal(rate=Decimal("0.5"))
        assert plain.most is not None
        assert billed.most == plain.most / 2
        text = _printed(capsys, billed)
        assert "in the billing currency, at 0.5 " in text
        assert "Without --rate" not in text

    def test_the_hint_repeats_what_was_asked_with(self, capsys: pytest.CaptureFixture[str]) -> None:
        held = replace(_held(1), rate=Decimal("0.92"), headroom=Decimal(30))
        assert "hint: bailiwick budget eu-dev --headroom 30 --rate 0.92 --write" in _printed(capsys, held)


class TestJsonSaysWhatTheScreenSays:
    """A pipeline reads numbers, and null where the screen has words."""

    def test_it_is_json_with_the_same_amounts(self) -> None:
        proposal = _proposal()
        document = json.loads(json.dumps(as_json(proposal, written=False)))
        assert document["proposal"] == proposal.amount
        assert document["most"] == float(proposal.estimate.most or 0)
        assert document["withoutPrice"] == len(proposal.estimate.unpriced)
        assert document["judgement"] == proposal.judgement

    def test_what_is_not_known_is_null(self) -> None:
        document = as_json(_proposal("usgov-prod"), written=False)
        assert document["proposal"] is document["most"] is document["withHeadroom"] is None


class TestNoCommittedBudgetIsTooLow:
    """A stack whose alarm rings from its first month teaches its readers to ignore it."""

    @pytest.mark.parametrize(
        "stack", [pytest.param(s, marks=() if s in ("eu-dev", "eu-prod") else pytest.mark.slow) for s in STACKS]
    )
    def test_a_month_at_its_most_is_within_it(self, stack: str) -> None:
        assert _proposal(stack).judgement != "too low"
