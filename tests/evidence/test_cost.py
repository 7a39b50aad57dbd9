"""The monthly estimate: dated, offline, and silent about nothing it does not know."""

import json
import re
import socket
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from evidence.cost import Estimate, estimate, sum_known
from evidence.cost_change import difference
from evidence.cost_json import as_json
from evidence.cost_report import UNKNOWN_PRICE, print_difference, print_estimate
from evidence.meters import charges
from evidence.prices import HOURS, PriceTable, PriceTableError, load, read
from plan.model import UNKNOWN, Plan
from tests.plans import CORE, added, changed, compliant, where, without

POOL = "containerservice:AgentPool"
WORKLOAD = where(agentPoolName="workload")


def _printed(capsys: pytest.CaptureFixture[str], priced: Estimate) -> str:
    print_estimate(priced)
    return capsys.readouterr().out


def _row(text: str, component: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"{component} "))


class TestUnknownIsNeverZero:
    """A zero in a sum is read as free; what nobody looked up may be the dearest part of all."""

    def test_a_type_that_nobody_thought_of_has_no_price(self) -> None:
        before, after = (
            estimate(plan)
            for plan in (compliant(), added(compliant(), "quantum:Workspace", {"location": "westeurope"}))
        )
        assert after.total == before.total
        assert {line.resource.name for line in after.unpriced} - {line.resource.name for line in before.unpriced} == {
            "by-hand"
        }

    def test_a_size_that_is_not_known_yet_has_no_price(self) -> None:
        priced = estimate(changed(compliant(), POOL, "vmSize", UNKNOWN, WORKLOAD))
        line = next(ln for ln in priced.lines if ln.resource.name == "cluster-pool-workload")
        assert line.amount is None
        assert line.most is None

    def test_a_count_that_is_not_known_yet_has_no_amount(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = estimate(changed(compliant(), POOL, "minCount", UNKNOWN, WORKLOAD))
        line = next(ln for ln in priced.lines if ln.resource.name == "cluster-pool-workload")
        assert line.price is not None
        assert line.amount is None
        assert "how many is not known yet" in _printed(capsys, priced)

    def test_a_component_without_any_price_says_so_in_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = estimate(compliant())
        assert priced.amount_of("dns") is None
        text = _printed(capsys, priced)
        assert UNKNOWN_PRICE in _row(text, "dns")
        assert "0.00" not in _row(text, "dns")
        assert re.search(r"\d+ × azure-native:privatedns:PrivateZone", text)

    def test_everything_without_a_price_is_counted_on_the_screen(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = estimate(compliant())
        text = _printed(capsys, priced)
        assert f"{UNKNOWN_PRICE}, in no sum ({len(priced.unpriced)}):" in text
        listed = sum(int(line.split()[0]) for line in text.splitlines() if " × " in line)
        assert listed == len(priced.unpriced)

    def test_a_windows_or_spot_machine_is_not_priced_as_another(self) -> None:
        for path, value in (("osType", "Windows"), ("scaleSetPriority", "Spot"), ("osType", UNKNOWN)):
            priced = estimate(changed(compliant(), POOL, path, value, WORKLOAD))
            assert next(ln for ln in priced.lines if ln.resource.name == "cluster-pool-workload").amount is None


class TestTheSumsAddUp:
    """Whoever checks one figure against the invoice starts from the lines."""

    @pytest.mark.parametrize("stack", CORE)
    def test_lines_components_and_total_agree(self, stack: str) -> None:
        priced = estimate(compliant(stack))
        assert priced.total == sum_known(line.amount for line in priced.lines)
        assert priced.total == sum_known(priced.amount_of(name) for name in priced.components)
        assert priced.most == sum_known(priced.most_of(name) for name in priced.components)

    def test_a_month_is_730_hours_of_the_list_price(self) -> None:
        priced = estimate(compliant())
        line = next(ln for ln in priced.lines if ln.resource.name == "cluster-pool-workload")
        assert line.price is not None
        assert line.charge.quantity == 3
        assert line.amount == (line.price.amount * HOURS * 3).quantize(Decimal("0.01"))

    def test_a_scaled_pool_counts_its_minimum_and_shows_its_maximum(self) -> None:
        priced = estimate(compliant())
        line = next(ln for ln in priced.lines if ln.resource.name == "cluster-pool-workload")
        assert line.amount is not None
        assert line.most == line.amount * 3

    def test_a_standby_is_a_second_server(self) -> None:
        first = where(createMode="Default")
        alone = changed(compliant(), "dbforpostgresql:Server", "highAvailability.mode", "Disabled", first)
        one, two = (
            [line.charge.quantity for line in estimate(plan).components["database"] if line.price is not None]
            for plan in (alone, compliant())
        )
        assert one == [1, 512]
        assert two == [2, 1024]

    def test_every_charge_belongs_to_a_component_right_below_the_platform(self) -> None:
        plan = compliant()
        below = {r.name for r in plan.resources if r.parent and r.parent.endswith(":Platform::platform")}
        assert set(estimate(plan).components) <= {*below, "platform"}


class TestADifferenceIsWhatTheChangeMakes:
    """A reviewer asks what the change costs, not what the platform does."""

    def test_a_plan_does_not_differ_from_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        change = difference(estimate(compliant()), estimate(compliant()))
        assert change.by == 0
        assert not change.changes
        assert not change.unpriced
        print_difference(change, "plan.json")
        assert "no difference" in capsys.readouterr().out

    def test_one_node_more_is_exactly_one_nodes_price(self) -> None:
        before = estimate(compliant())
        after = estimate(changed(compliant(), POOL, "minCount", 4, WORKLOAD))
        price = before.table.find("vm/Standard_DC8as_v5", "westeurope")
        assert price is not None
        change = difference(before, after)
        assert [each.component for each in change.changes] == ["cluster"]
        assert change.by == (price.amount * HOURS).quantize(Decimal("0.01"))

    def test_what_has_no_price_is_told_beside_the_sum(self, capsys: pytest.CaptureFixture[str]) -> None:
        fewer = without(compliant(), "appconfiguration:ConfigurationStore")
        change = difference(estimate(fewer), estimate(compliant()))
        assert change.by == 0
        print_difference(change, "plan.json")
        assert "+1 × azure-native:appconfiguration:ConfigurationStore (westeurope)" in capsys.readouterr().out

    def test_a_removed_component_is_shown_with_what_it_cost(self) -> None:
        change = difference(estimate(compliant()), estimate(without(compliant(), "network:DdosProtectionPlan")))
        (only,) = change.changes
        assert (only.component, only.after) == ("network", None)
        assert only.by == -(only.before or 0)


class TestTheBudgetIsHeldAgainstIt:
    """The alert at 80 % should not be the first that anyone hears of it."""

    def _with_budget(self, amount: object) -> Estimate:
        return estimate(changed(compliant(), "consumption:Budget", "amount", amount))

    def test_a_budget_below_the_estimate_is_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, self._with_budget(100))
        assert "! The estimate exceeds the budget by " in text
        assert "hint: set bailiwick:budget.monthly in Pulumi.eu-prod.yaml" in text

    def test_a_budget_that_holds_is_told_in_per_cent(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = self._with_budget(1_000_000)
        assert priced.total is not None
        text = _printed(capsys, priced)
        assert f"at least {-int(-priced.total // 10_000)} % of the budget of 1,000,000 a month" in text
        assert "exceeds" not in text

    def test_a_budget_that_only_the_autoscaler_breaks_is_told_as_that(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = estimate(compliant())
        assert priced.total is not None
        text = _printed(capsys, self._with_budget(int(priced.total) + 1))
        assert "! At its maximum the estimate exceeds the budget." in text

    def test_without_prices_nothing_is_said_of_the_share(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, estimate(compliant("usgov-prod")))
        assert "can't be held against it" in text
        assert " % of the budget" not in text

    def test_a_yearly_budget_counts_by_the_month(self) -> None:
        yearly = changed(compliant(), "consumption:Budget", "timeGrain", "Annually")
        assert estimate(yearly).budget == Decimal(60000) / 12


class TestAPriceHoldsForItsRegionAlone:
    """Regions differ by a quarter and more; another region's price is a guess."""

    def test_a_region_without_a_price_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        moved = changed(compliant(), "network:AzureFirewall", "location", "germanywestcentral")
        priced = estimate(moved)
        assert next(ln for ln in priced.lines if ln.resource.name == "egress-firewall").amount is None
        assert "1 × azure-native:network:AzureFirewall, Premium (germanywestcentral)" in _printed(capsys, priced)

    def test_a_pool_takes_its_clusters_region(self) -> None:
        moved = changed(compliant(), "containerservice:ManagedCluster", "location", "uksouth")
        line = next(ln for ln in estimate(moved).lines if ln.resource.name == "cluster-pool-workload")
        assert line.region == "uksouth"

    def test_a_cloud_without_a_table_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        priced = estimate(compliant("usgov-prod"))
        assert priced.total is None
        assert len(priced.unpriced) == len(priced.lines) > 0
        assert "There is no price table for cloud 'usgovernment' in USD." in _printed(capsys, priced)

    def test_the_public_clouds_worldwide_prices_are_not_another_clouds(self) -> None:
        edge = added(
            compliant("usgov-prod"), "cdn:Profile", {"location": "Global", "sku": {"name": "Premium_AzureFrontDoor"}}
        )
        assert estimate(edge).total is None


class TestEveryPriceHasASourceAndADate:
    """A price that nobody can look up again can't be renewed either."""

    def test_source_commit_path_and_date_are_there(self) -> None:
        table = load("public")
        assert len(table.prices) > 100
        for price in table.prices.values():
            source = price.source
            assert source.repository.count("/") == 1
            assert len(source.commit) == 40
            assert source.path
            assert source.note
            assert isinstance(source.date, date)
        assert table.date == max(price.source.date for price in table.prices.values())

    def test_date_and_source_are_on_the_screen(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = _printed(capsys, estimate(compliant()))
        assert "Prices of 2026-06-18: Azure/karpenter-provider-azure, " in text
        assert "list prices, no discount, no usage-based charges" in text

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("source: here", "source: nowhere", "an unknown key, period or source"),
            ("per: hour", "per: fortnight", "an unknown key, period or source"),
            ("westeurope: 1", "westeurope: 0", "leave out what has no price known"),
            ("date: 2026-01-02\n    note", "note", "date"),
        ],
    )
    def test_a_table_that_says_less_is_refused(self, tmp_path: Path, old: str, new: str, says: str) -> None:
        text = (
            "cloud: public\ncurrency: USD\ndate: 2026-01-02\nsources:\n  here:\n    repository: a/b\n    commit: c\n"
            "    path: d\n    date: 2026-01-02\n    note: e\nprices:\n  - meter: m\n    per: hour\n    source: here\n"
            "    regions:\n      westeurope: 1\n"
        )
        file = tmp_path / "public-usd.yaml"
        file.write_text(text)
        assert len(read(file).prices) == 1
        file.write_text(text.replace(old, new))
        with pytest.raises(PriceTableError, match=says):
            read(file)


class TestNothingIsReadFromTheNetwork:
    """The preview runs where there is none."""

    def test_an_estimate_opens_no_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = compliant()
        monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
        load.cache_clear()
        assert estimate(plan).total


class TestJsonSaysWhatTheScreenSays:
    """A pipeline compares figures, and null is not zero to it."""

    def test_unknown_is_null_and_sums_are_numbers(self) -> None:
        priced = estimate(compliant())
        document = json.loads(json.dumps(as_json(priced, difference(priced, priced))))
        by_name = {each["component"]: each for each in document["components"]}
        assert by_name["dns"]["amount"] is None
        assert document["total"] == float(priced.total or 0)
        assert document["withoutPrice"] == len(priced.unpriced)
        assert document["difference"] == {"by": 0.0, "components": [], "withoutPrice": {}}
        assert document["budget"]["exceeded"] is False
        used = {each["source"] for part in document["components"] for each in part["charges"] if each["source"]}
        assert used == set(document["sources"])

    def test_without_a_table_there_is_no_total(self) -> None:
        document = as_json(estimate(compliant("usgov-prod")))
        assert document["total"] is None
        assert document["date"] is None


class TestAllThatIsPlannedIsAccountedFor:
    """Free, charged by use, priced or without a price: nothing is in two of these, or in none."""

    @pytest.mark.parametrize("stack", CORE)
    def test_each_charge_is_a_line_and_nothing_else_is(self, stack: str) -> None:
        plan = compliant(stack)
        own = [resource for resource in plan.resources if not resource.is_component]
        assert len(estimate(plan).lines) == sum(len(charges(resource)) for resource in own)

    def test_a_plan_without_anything_to_charge_costs_an_unknown_sum(self) -> None:
        plan: Plan = compliant()
        bare = replace(plan, resources=tuple(r for r in plan.resources if r.type.startswith("azuread:")))
        empty = PriceTable(cloud="public", currency="USD", date=None)
        assert estimate(bare, empty).total is None
