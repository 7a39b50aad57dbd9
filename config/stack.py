"""The whole configuration of one stack, and the facts of its place."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict

from config.callers import Caller
from config.cluster import Cluster
from config.confidential import ConfidentialVms
from config.continuity import Continuity
from config.database import Database
from config.edge import EdgeSite
from config.egress import Egress
from config.gateway import Gateway
from config.gpu import Gpu
from config.image_verification import ImageVerification
from config.keys import Keys
from config.model_weights import Weights
from config.network import Network
from config.people import Access, Budget, Governance, People, Runner
from config.portal import Portal
from config.retention import Retention
from config.retrieval import Retrieval
from config.section import Guid, Mail, Section, dial
from config.tenants import Served, Tenant, served
from config.use_case import UseCase
from jurisdictions import CountryCode, Jurisdiction, Region

NAMESPACE = "bailiwick"
"""The project's configuration namespace: keys are `bailiwick:<key>`."""


class StackConfig(Section):
    """The dials of one stack. A stack is a jurisdiction and an environment, and its name says both."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    stack: str = dial("The stack's name, `<jurisdiction>-<environment>`.", "the packs can't tell whose law applies")
    jurisdiction: Jurisdiction = dial("The law: an id of `jurisdictions/`.", "no law, no verdict")
    environment: Literal["prod", "dev"] = dial(
        "`prod` holds regulated data; `dev` never does.", "protection that the data needs is not made"
    )
    organisation: str = dial(
        "Two to five lower-case letters or digits; part of every name.",
        "names collide or exceed Azure's limits",
        pattern=r"^[a-z][a-z0-9]{1,4}$",
    )
    region: str = dial("Azure region of every regional resource.", "data lies in a place that nobody chose")
    subscription_id: Guid = dial("Subscription of this stack alone.", "the plan would change another stack's ground")
    tenant_id: Guid = dial("Entra tenant.", "identities come from a directory that nobody chose")
    owner: Mail = dial("Mailbox that answers for the stack; a tag on every resource.", "nobody answers for it")
    cost_centre: str = dial("Tag on every resource.", "nobody pays for it", pattern=r"^[A-Za-z0-9-]{1,32}$")
    registry_name: str = dial(
        "Globally unique name of the container registry. Chosen, not drawn: workloads name it before it exists.",
        "images can't be named",
        pattern=r"^[a-z0-9]{5,50}$",
    )
    network: Network
    cluster: Cluster
    gpu: Gpu | None = None
    confidential_vms: ConfidentialVms | None = None
    use_cases: tuple[UseCase, ...] = dial(
        "Clinical use cases: what is asked, of which model, with which prompt.", "nothing is served", min_length=1
    )
    tenants: tuple[Tenant, ...] = dial(
        "Controllers whose patients' data is kept apart; none where the stack has one controller.",
        "several controllers' data lies together",
        default=(),
    )
    continuity: Continuity = Continuity()
    egress: Egress = Egress()
    gateway: Gateway
    image_verification: ImageVerification
    weights: Weights
    callers: tuple[Caller, ...] = dial(
        "Applications that may call the gateway, and for what.", "nobody is served, or nobody knows who", default=()
    )
    database: Database
    retrieval: Retrieval
    portal: Portal
    retention: Retention
    budget: Budget
    people: People
    access: Access
    governance: Governance
    runner: Runner
    edge_sites: tuple[EdgeSite, ...] = dial(
        "Edge sites for telehealth, each a cluster in a clinic.", "a clinic without a line has no assistant", default=()
    )
    keys: Keys

    @property
    def jurisdiction_id(self) -> str:
        """Id of the jurisdiction."""
        return self.jurisdiction.id

    @property
    def served(self) -> tuple[Served, ...]:
        """Every set of model servers, by use case and tenant."""
        return served(self.use_cases, self.tenants)

    @property
    def region_facts(self) -> Region:
        """What the jurisdiction records of the region.

        Nothing is recorded of a region outside: while such a plan is reviewed, it is taken as any large region.
        """
        return self.jurisdiction.regions.get(self.region) or Region(
            display=self.region,
            tag=self.region,
            country=CountryCode("ZZ"),
            time_zone="Etc/UTC",
            zones=("1", "2", "3"),
            front_door_private_link=True,
            attestation_authority=f"https://{self.region}.outside.invalid",
            sizes_as_of=date.min,
            sizes_source="outside the jurisdiction",
            sizes_verified=False,
        )
