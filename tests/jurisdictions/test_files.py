"""The files of law and places that ship: each can be loaded, and says where its facts come from."""

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from jurisdictions import Cloud, Jurisdiction, available, load
from jurisdictions.loader import _cloud

EEA = set(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()  # noqa: SIM905
)
CLOUDS = ("public", "usgovernment", "china")
SHARED_SUFFIXES = (
    "blob.core.windows.net",
    "blob.core.usgovcloudapi.net",
    "blob.core.chinacloudapi.cn",
    "azureedge.net",
    "azurecr.io",
    "vault.azure.net",
    "docker.io",
    "docker.com",
    "github.com",
    "github.io",
    "githubusercontent.com",
    "ghcr.io",
    "nvcr.io",
    "quay.io",
    "huggingface.co",
)


@pytest.fixture(params=available())
def jurisdiction(request: pytest.FixtureRequest) -> Jurisdiction:
    return load(str(request.param))


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> Cloud:
    return _cloud(str(request.param))


class TestRegionsLieInsideTheBoundary:
    """A region in the list is a region that regulated data may reach: one wrong line is a transfer."""

    def test_every_region_of_the_eu_is_in_a_member_state_of_the_eea(self) -> None:
        assert {region.country for region in load("eu").regions.values()} <= EEA

    def test_switzerland_may_visit_the_portal_and_holds_no_data(self) -> None:
        eu = load("eu")
        assert "CH" in eu.portal_countries
        assert not [name for name in eu.regions if name.startswith("switzerland")]

    def test_every_region_of_the_uk_is_in_the_uk(self) -> None:
        assert {region.country for region in load("uk").regions.values()} == {"GB"}

    def test_pairs_are_mutual_so_that_failover_can_come_back(self, jurisdiction: Jurisdiction) -> None:
        one_way = [
            name
            for name, region in jurisdiction.regions.items()
            if region.pair is not None and jurisdiction.regions[region.pair].pair != name
        ]
        assert not one_way

    def test_the_portal_of_the_eu_admits_the_eea_and_switzerland_and_no_one_else(self) -> None:
        assert set(load("eu").portal_countries) == EEA | {"CH"}

    def test_the_portal_of_the_uk_admits_the_uk_alone(self) -> None:
        assert load("uk").portal_countries == ("GB",)

    def test_norway_survived_yaml(self) -> None:
        """Unquoted, NO is the truth value false."""
        assert load("eu").regions["norwayeast"].country == "NO"


class TestSizesClaimNoMoreThanIsKnown:
    """A size believed to be somewhere fails minutes into a deployment, or moves a workload to a weaker one."""

    def test_confidential_gpus_are_listed_where_microsoft_says_and_nowhere_else(self) -> None:
        found = {n for i in available() for n, r in load(i).regions.items() if r.confidential_gpu_sizes}
        assert found == {"westeurope", "eastus2", "centralus"}

    @pytest.mark.parametrize(
        ("where", "region"),
        [
            ("eu", "germanywestcentral"),
            ("eu", "swedencentral"),
            ("eu", "westeurope"),
            ("eu", "francecentral"),
            ("uk", "uksouth"),
        ],
    )
    def test_a_main_region_has_a_gpu_and_a_confidential_size(self, where: str, region: str) -> None:
        facts = load(where).regions[region]
        assert facts.gpu_sizes
        assert any(size.startswith("Standard_DC") for size in facts.confidential_vm_sizes)

    def test_a_confidential_gpu_is_never_listed_as_an_ordinary_one(self, jurisdiction: Jurisdiction) -> None:
        for region in jurisdiction.regions.values():
            assert not set(region.gpu_sizes) & set(region.confidential_gpu_sizes)

    def test_every_list_says_where_it_comes_from_and_of_when_it_is(self, jurisdiction: Jurisdiction) -> None:
        for region in jurisdiction.regions.values():
            assert region.sizes_source
            assert region.sizes_as_of >= date(2026, 1, 1)


class TestExceptionsAreBounded:
    """An exception nobody signed, or that never ends, is a hole and not a decision."""

    def test_every_exception_ends(self, jurisdiction: Jurisdiction) -> None:
        for exception in jurisdiction.residency_exceptions:
            assert date(2026, 11, 21) < exception.expires <= date(2027, 12, 31), exception.id

    def test_every_exception_has_a_ground_a_control_and_someone_who_answers_for_it(
        self, jurisdiction: Jurisdiction
    ) -> None:
        for exception in jurisdiction.residency_exceptions:
            assert len(exception.legal_basis) > 20, exception.id
            assert len(exception.compensating_control) > 20, exception.id
            assert exception.approver_role, exception.id

    def test_every_type_is_one_that_the_provider_has(self, jurisdiction: Jurisdiction) -> None:
        """A token with a typo covers nothing, and the reader of the file believes it does."""
        spec = find_spec("pulumi_azure_native")
        assert spec is not None
        assert spec.origin is not None
        sdk = Path(spec.origin).parent
        for exception in jurisdiction.residency_exceptions:
            for token in exception.resource_types:
                provider, module, name = token.split(":")
                file = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")
                assert provider == "azure-native"
                assert (sdk / module / f"{file}.py").is_file(), token

    def test_no_exception_of_the_eu_lifts_the_confidential_gpu(self) -> None:
        """West Europe offers one; an exception is not scoped to a region and would lift the rule there too."""
        lifted = {rule for exception in load("eu").residency_exceptions for rule in exception.rules}
        assert "confidential.gpu-pool-confidential" not in lifted

    def test_the_uk_records_that_it_has_no_confidential_gpu(self) -> None:
        assert "confidential-gpu-unavailable" in [e.id for e in load("uk").residency_exceptions]

    def test_adequacy_of_the_eea_carries_nothing_worldwide(self) -> None:
        worldwide = next(e for e in load("uk").residency_exceptions if e.id == "global-control-plane")
        assert "adequacy" not in worldwide.legal_basis


class TestFrameworksAndCustody:
    """What is in force decides which rules answer for it; who holds the key decides who can read."""

    def test_prod_keys_lie_in_a_managed_hsm(self, jurisdiction: Jurisdiction) -> None:
        assert jurisdiction.key_custody["prod"] == "managed-hsm"

    def test_the_eu_answers_to_its_own_laws(self) -> None:
        assert {"gdpr", "nis2", "iso27001", "nist-ai-rmf", "eu-ai-act"} <= set(load("eu").frameworks)

    def test_the_uk_answers_to_its_own_laws(self) -> None:
        assert {"uk-gdpr", "uk-nis", "dspt", "iso27001", "nist-ai-rmf"} <= set(load("uk").frameworks)

    def test_logs_outlast_an_inquiry_and_say_why(self, jurisdiction: Jurisdiction) -> None:
        assert jurisdiction.retention.audit_log_days_min >= 365
        assert jurisdiction.retention.source


class TestNodesReachNoSharedHost:
    """A wildcard over a host that anyone can rent is a way out for patient data."""

    def test_no_host_is_shared_storage_a_vault_or_a_foreign_registry(self, cloud: Cloud) -> None:
        for host in cloud.aks_egress_fqdns:
            if host.fqdn == "acs-mirror.azureedge.net":  # one host by name, AKS's own
                continue
            for suffix in SHARED_SUFFIXES:
                assert host.fqdn != suffix, host.fqdn
                assert not host.fqdn.endswith(f".{suffix}"), host.fqdn

    def test_wildcards_cover_services_of_the_vendor_alone(self, cloud: Cloud) -> None:
        allowed = {"*.data.mcr.microsoft.com", "*.cloud.defender.microsoft.com", "*.azk8s.cn"}
        assert {host.fqdn for host in cloud.aks_egress_fqdns if "*" in host.fqdn} <= allowed

    def test_the_api_server_of_a_private_cluster_is_not_reached_through_the_firewall(self, cloud: Cloud) -> None:
        assert not [host.fqdn for host in cloud.aks_egress_fqdns if ".hcp." in host.fqdn]

    def test_hosts_are_listed_once_with_a_reason(self, cloud: Cloud) -> None:
        names = [host.fqdn for host in cloud.aks_egress_fqdns]
        assert len(names) == len(set(names))
        assert all(host.why for host in cloud.aks_egress_fqdns)

    def test_the_clouds_own_control_plane_and_sign_in_are_reachable(self, cloud: Cloud) -> None:
        assert {cloud.resource_manager, cloud.active_directory} <= {host.fqdn for host in cloud.aks_egress_fqdns}


class TestNamesStayInTheirCloud:
    """A public suffix in a sovereign cloud resolves outside it."""

    def test_zones_are_private_link_zones(self, cloud: Cloud) -> None:
        assert all(zone.startswith("privatelink.") for zone in cloud.private_dns_zones.values())

    def test_no_sovereign_cloud_names_a_public_suffix(self, cloud: Cloud) -> None:
        public = set(_cloud("public").suffixes.values()) | set(_cloud("public").private_dns_zones.values())
        if cloud.name != "public":
            assert not public & (set(cloud.suffixes.values()) | set(cloud.private_dns_zones.values()))

    def test_every_region_has_zones_without_a_placeholder_left(self, jurisdiction: Jurisdiction) -> None:
        for region in jurisdiction.regions:
            for service in jurisdiction.cloud.private_dns_zones:
                assert "{" not in jurisdiction.cloud.zone(service, region)

    def test_the_clusters_zone_names_the_region(self) -> None:
        assert load("eu").cloud.zone("aks", "westeurope") == "privatelink.westeurope.azmk8s.io"

    def test_backups_zone_goes_by_the_regions_code(self) -> None:
        assert load("uk").cloud.zone("backup", "uksouth") == "privatelink.uks.backup.windowsazure.com"
