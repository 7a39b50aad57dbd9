"""Machines beside the cluster: current, watched, and no bridge between networks; and the network under a flood."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import PRICING, VM, VNET
from policies.verdict import PASSED, Verdict, all_of

INTERFACE = "azure-native:network:NetworkInterface"
FLOOD_PLAN = "azure-native:network:DdosProtectionPlan"


@rule(
    "confidential.machines-patch-themselves",
    title="Virtual machines look for patches, and take them, by themselves",
    severity=Severity.HIGH,
    applies_to=VM,
    fix="set patchMode and assessmentMode to AutomaticByPlatform",
    example="a virtual machine with patchMode ImageDefault",
)
def machines_patch(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Memory that the host can't read still runs what the guest forgot to patch; nobody signs in to do it."""
    settings = "osProfile.linuxConfiguration.patchSettings"
    return all_of(
        (
            require(machine, f"{settings}.patchMode", equals="AutomaticByPlatform"),
            require(machine, f"{settings}.assessmentMode", equals="AutomaticByPlatform"),
        )
    )


@stack_rule(
    "guardrails.machines-are-watched",
    title="Where there are machines, Defender for Servers watches them",
    severity=Severity.HIGH,
    applies_to=(PRICING, VM),
    fix="plan Defender's VirtualMachines, as components/defender.py does",
    example="a stack with virtual machines and no Defender plan VirtualMachines",
)
def machines_watched(stack: StackUnderReview) -> Iterable[Judged]:
    """What an intruder does inside a machine stands in no log of Azure's; the plans that all stacks need leave it out."""
    if not stack.of_type(VM) or not stack.jurisdiction.cloud.defender:
        return [(None, PASSED)]
    plans = [found for found in stack.of_type(PRICING) if found.get("pricingName") == "VirtualMachines"]
    if not plans:
        return absent(stack, "no Defender plan for VirtualMachines")
    return judged(plans, lambda found: require(found, "pricingTier", equals="Standard"))


@rule(
    "egress.interfaces-forward-nothing",
    title="No network interface passes on what is meant for others",
    severity=Severity.HIGH,
    applies_to=INTERFACE,
    fix="set enableIPForwarding to false; the firewall is the one that forwards",
    example="a network interface with enableIPForwarding true",
)
def forward_nothing(interface: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A machine that forwards is a router that no rule of the firewall's sees."""
    # Azure's default: learn.microsoft.com/azure/templates/microsoft.network/networkinterfaces.
    return require(interface, "enableIPForwarding", equals=False, default=False)


@stack_rule(
    "network.floods-are-absorbed",
    title="In prod, the network is under a protection plan against floods",
    severity=Severity.MEDIUM,
    applies_to=(VNET, FLOOD_PLAN),
    fix="keep enableDdosProtection and the plan, as components/network.py makes them in prod",
    example="a prod network with enableDdosProtection false",
)
def floods_absorbed(stack: StackUnderReview) -> Iterable[Judged]:
    """A flood against the firewall's address stops the ward's assistant; the portal's rate limit sees none of it."""
    if not stack.is_prod:
        return [(None, PASSED)]
    return judged(
        stack.of_type(VNET),
        lambda network: all_of(
            (
                require(network, "enableDdosProtection", equals=True),
                stack.require_target(network, "ddosProtectionPlan.id", FLOOD_PLAN),
            )
        ),
    )
