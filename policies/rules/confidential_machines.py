"""The machines that hold keys: of a confidential size, from one image, running one thing."""

from collections.abc import Iterable

from plan.model import UNKNOWN, PlannedResource
from policies.require import require
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, settled
from policies.types import ATTESTATION, VM, VM_EXTENSION
from policies.verdict import PASSED, Verdict, all_of, refused

DISK, SNAPSHOT = "azure-native:compute:Disk", "azure-native:compute:Snapshot"
SIZE = r"^Standard_[DE]C\d+(as|ads|es|eds)(_cc)?_v[56]$"
"""AMD SEV-SNP and Intel TDX: learn.microsoft.com/azure/confidential-computing/virtual-machine-options"""


@rule(
    "confidential.machines-are-of-confidential-size",
    title="Confidential machines are of a size whose memory is encrypted, and are theirs for good",
    severity=Severity.CRITICAL,
    applies_to=VM,
    fix="choose a size of the DCas, DCes, ECas or ECes series",
    example="a confidential machine of Standard_D4s_v5",
)
def confidential_size(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """On any other size the host reads the keys in memory; a spot machine is taken away with them in it."""
    return all_of(
        (
            require(machine, "hardwareProfile.vmSize", matches=SIZE),
            settled(machine, {"priority": Among(("Regular",), unset=True), "additionalCapabilities": SHUT}),
        )
    )


@rule(
    "confidential.machines-start-from-one-image",
    title="Confidential machines start from one version of Canonical's confidential image",
    severity=Severity.CRITICAL,
    applies_to=VM,
    fix="leave the image to components/confidential.py",
    example="a confidential machine of version latest, or from a community gallery",
)
def one_image(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Somebody else's image is somebody else's machine; `latest` is whatever was uploaded last."""
    image = "storageProfile.imageReference"
    return all_of(
        (
            settled(
                machine,
                {
                    f"{image}.publisher": "Canonical",
                    f"{image}.id": SHUT,
                    f"{image}.communityGalleryImageId": SHUT,
                    f"{image}.sharedGalleryImageId": SHUT,
                    "storageProfile.osDisk.createOption": "FromImage",
                    "storageProfile.osDisk.image": SHUT,
                    "plan": SHUT,
                },
            ),
            require(machine, f"{image}.offer", matches="^ubuntu-"),
            require(machine, f"{image}.version", matches=r"^\d+\.\d+\.\d+$"),
        )
    )


@rule(
    "confidential.machines-run-one-thing",
    title="Confidential machines start no script, mount no other disk, and have one way in and one key to it",
    severity=Severity.CRITICAL,
    applies_to=VM,
    fix="remove the setting; components/confidential.py makes none of them",
    example="a confidential machine with customData",
)
def one_thing(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A script at the start is root before anybody attests; a second disk is outside the machine's own encryption."""
    ssh = machine.get("osProfile.linuxConfiguration.ssh.publicKeys")
    more = settled(machine, {"osProfile.linuxConfiguration.ssh.publicKeys.1": SHUT}) if isinstance(ssh, list) else None
    wanted = {
        "osProfile.customData": SHUT,
        "osProfile.adminPassword": SHUT,
        "osProfile.secrets": SHUT,
        "osProfile.windowsConfiguration": SHUT,
        "userData": SHUT,
        "applicationProfile": SHUT,
        "storageProfile.dataDisks": SHUT,
        "networkProfile.networkInterfaceConfigurations": SHUT,
        "diagnosticsProfile.bootDiagnostics.storageUri": SHUT,
    }
    return all_of((settled(machine, wanted), *([more] if more is not None else [])))


@rule(
    "confidential.machines-are-patched",
    title="Azure patches confidential machines by itself",
    severity=Severity.MEDIUM,
    applies_to=VM,
    fix="set patchSettings.patchMode to AutomaticByPlatform",
    example="a confidential machine with patchMode ImageDefault",
    remediate=True,
)
def patched(machine: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Nobody signs in there, so nobody would patch them."""
    return settled(machine, {"osProfile.linuxConfiguration.patchSettings.patchMode": "AutomaticByPlatform"})


@rule(
    "confidential.extensions-only-attest",
    title="The only extension of a confidential machine attests it, to the stack's own authority, aloud",
    severity=Severity.CRITICAL,
    applies_to=VM_EXTENSION,
    fix="leave extensions to components/confidential.py",
    example="a CustomScript extension on a confidential machine",
    # Not publisher and type: another extension is not cured by another name.
    remediate=("enableAutomaticUpgrade",),
)
def only_attest(extension: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An extension runs as root, with what its settings say."""
    config = "settings.AttestationConfig"
    return settled(
        extension,
        {
            "publisher": "Microsoft.Azure.Security.LinuxAttestation",
            "type": "GuestAttestation",
            f"{config}.disableAlerts": Among(("false", False)),
            "settings.commandToExecute": SHUT,
            "settings.fileUris": SHUT,
            "protectedSettings": SHUT,
            "protectedSettingsFromKeyVault": SHUT,
            "suppressFailures": SHUT,
            "enableAutomaticUpgrade": True,
        },
    )


@stack_rule(
    "confidential.machines-attest-to-own-authority",
    title="Machines attest to the attestation provider of this stack",
    severity=Severity.CRITICAL,
    applies_to=(VM_EXTENSION, ATTESTATION),
    fix="take the endpoint from the provider that components/confidential.py makes",
    example="an extension that attests to https://sharedeus.eus.attest.azure.net",
)
def own_authority(stack: StackUnderReview) -> Iterable[Judged]:
    """Whose word counts decides which machine gets the keys."""
    own = {str(provider.get("providerName")) for provider in stack.of_type(ATTESTATION)}
    for extension in stack.of_type(VM_EXTENSION):
        endpoint = extension.get("settings.AttestationConfig.MaaSettings.maaEndpoint")
        label = str(endpoint).removeprefix("https://").partition(".")[0]
        known = endpoint is UNKNOWN or stack.partial or label in own
        yield extension, PASSED if known else refused(f"attests to {endpoint}")


@rule(
    "confidential.disks-cannot-be-downloaded",
    title="No disk or snapshot can be downloaded",
    severity=Severity.CRITICAL,
    applies_to=(DISK, SNAPSHOT),
    fix="set networkAccessPolicy to DenyAll and publicNetworkAccess to Disabled",
    example="a disk with networkAccessPolicy AllowAll",
    remediate=True,
)
def disks_stay(disk: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A signed address to a disk is the disk, for whoever has the address."""
    return settled(disk, {"networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled"})
