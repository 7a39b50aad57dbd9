"""In use: identifiers are decrypted only inside memory that the host can't read."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import require, when
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import ATTESTATION, CLUSTER, DISK_SET, POOL, VM, VM_EXTENSION
from policies.verdict import PASSED, Verdict, all_of, refused


def _confidential_cpu(size: object, stack: StackUnderReview) -> bool:
    return any(size in region.confidential_vm_sizes for region in stack.jurisdiction.regions.values())


def _confidential_gpu(size: object, stack: StackUnderReview) -> bool:
    return any(size in region.confidential_gpu_sizes for region in stack.jurisdiction.regions.values())


@rule(
    "confidential.machines-are-confidential",
    title="Virtual machines run in encrypted memory, with secure boot and vTPM",
    severity=Severity.CRITICAL,
    applies_to=VM,
    fix="make the machine with components/confidential.py",
    example="a virtual machine without securityProfile.securityType ConfidentialVM",
)
def machines_confidential(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Whatever runs on a machine of its own here works on what identifies people; its host must not read along."""
    return all_of(
        (
            require(machine, "securityProfile.securityType", equals="ConfidentialVM"),
            require(machine, "securityProfile.uefiSettings.secureBootEnabled", equals=True),
            require(machine, "securityProfile.uefiSettings.vTpmEnabled", equals=True),
        )
    )


@stack_rule(
    "confidential.disks-bound-to-machine",
    title="Confidential machines' disks and guest state are encrypted with a key released on attestation",
    severity=Severity.CRITICAL,
    applies_to=(VM, DISK_SET),
    fix="use DiskWithVMGuestState with the confidential disk encryption set",
    example="a confidential machine with securityEncryptionType VMGuestStateOnly",
)
def disks_bound(stack: StackUnderReview) -> Iterable[Judged]:
    """Else the disk can be opened on any machine, and memory encryption protects only what is not stored."""
    profile = "storageProfile.osDisk.managedDisk.securityProfile"
    return judged(
        stack.of_type(VM),
        lambda machine: all_of(
            (
                require(machine, f"{profile}.securityEncryptionType", equals="DiskWithVMGuestState"),
                stack.require_target(machine, f"{profile}.diskEncryptionSet.id", DISK_SET),
            )
        ),
    )


@stack_rule(
    "confidential.machines-attest",
    title="Every confidential machine attests itself",
    severity=Severity.HIGH,
    applies_to=(VM, VM_EXTENSION),
    fix="add the guest attestation extension, as components/confidential.py does",
    example="a confidential machine without the GuestAttestation extension",
)
def machines_attest(stack: StackUnderReview) -> Iterable[Judged]:
    """A confidential machine that nobody asks for proof is a machine that says it is confidential."""
    extensions = stack.parts(VM_EXTENSION, "vmName", VM, "vmName")

    def check(machine: PlannedResource) -> Verdict:
        proofs = [item for item in extensions.get(machine.urn, []) if item.get("type") == "GuestAttestation"]
        return PASSED if proofs else refused("has no guest attestation extension")

    return judged(stack.of_type(VM), check)


@rule(
    "confidential.machines-take-no-passwords",
    title="Virtual machines take no passwords",
    severity=Severity.HIGH,
    applies_to=VM,
    fix="set linuxConfiguration.disablePasswordAuthentication to true",
    example="a virtual machine with an adminPassword",
)
def no_passwords(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A password can be guessed, shared and written down."""
    return all_of(
        (
            require(machine, "osProfile.linuxConfiguration.disablePasswordAuthentication", equals=True),
            require(machine, "osProfile.adminPassword", absent=True),
        )
    )


@stack_rule(
    "confidential.attestation-stands-in-prod",
    title="In prod, the region has an attestation provider of the stack's own",
    severity=Severity.CRITICAL,
    applies_to=ATTESTATION,
    fix="leave the provider to components/confidential.py",
    example="a prod stack without an attestation provider",
)
def attestation_stands(stack: StackUnderReview) -> Iterable[Judged]:
    """Else whoever wants proof that memory is encrypted asks a provider that somebody else's rules govern."""
    if not stack.is_prod:
        return [(None, PASSED)]
    if not stack.of_type(ATTESTATION):
        return absent(stack, "the plan has no attestation provider in the region")
    return [(None, PASSED)]


@rule(
    "confidential.pools-confidential",
    title="In prod, nodes that see a request run in encrypted memory",
    severity=Severity.CRITICAL,
    applies_to=(CLUSTER, POOL),
    fix="set the pool's size in Pulumi.<stack>.yaml to a confidential one (Standard_DC8as_v5)",
    example="a prod workload pool of Standard_D8ds_v5",
)
def pools_confidential(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Microsoft's confidential-SKU policy looks at virtual machines and does not see AKS pools; this one does."""
    if not stack.is_prod:
        return PASSED
    if resource.type == CLUSTER:
        sizes = [value for _, value in resource.each("agentPoolProfiles[*].vmSize")]
        bad = [str(size) for size in sizes if not _confidential_cpu(size, stack)]
        return refused(f"its nodes are of {', '.join(bad)}, which encrypts no memory") if bad or not sizes else PASSED
    size = resource.get("vmSize")
    if _is_gpu(size):
        return PASSED
    return PASSED if _confidential_cpu(size, stack) else refused(f"is of {size}, which encrypts no memory")


def _is_gpu(size: object) -> bool:
    return isinstance(size, str) and size.startswith(("Standard_NC", "Standard_ND", "Standard_NV"))


@rule(
    "confidential.gpu-pool-confidential",
    title="In prod, GPUs are confidential, unless the jurisdiction has none and says so",
    severity=Severity.CRITICAL,
    applies_to=POOL,
    fix="set bailiwick:gpu to Standard_NCC40ads_H100_v5 with confidential: true, in a region that offers it",
    example="a prod GPU pool of Standard_NC40ads_H100_v5 in a jurisdiction with confidential GPUs",
)
def gpu_confidential(pool: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A prompt lies in clear in the GPU's memory for as long as the answer takes."""
    size = pool.get("vmSize")
    if not stack.is_prod or not _is_gpu(size):
        return PASSED
    if not _confidential_gpu(size, stack):
        return refused(f"is of {size}, whose memory is not encrypted")
    return all_of(
        (
            require(pool, "gpuProfile.driver", equals="None"),
            require(pool, "osSKU", equals="Ubuntu2404"),
        )
    )


@rule(
    "confidential.attestation-is-private",
    title="The attestation provider has no public address",
    severity=Severity.MEDIUM,
    applies_to=ATTESTATION,
    fix="set properties.publicNetworkAccess to Disabled",
    example="an attestation provider with publicNetworkAccess Enabled",
    remediate=True,
)
def attestation_private(provider: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Its policy decides who gets keys; only machines inside need to ask it."""
    return require(provider, "properties.publicNetworkAccess", equals="Disabled")


@rule(
    "confidential.machines-stand-in-zones",
    title="Confidential machines stand in availability zones where the region has them",
    severity=Severity.LOW,
    applies_to=VM,
    fix="pass the zone that components/confidential.py hands out",
    example="a confidential machine without zones in a region with three",
)
def machines_zonal(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """If one hall floods, the others' work goes on."""
    region = stack.jurisdiction.regions.get(str(machine.get("location")))
    return when(bool(region and region.zones), require(machine, "zones[*]", present=True))
