"""The region's attestation provider, and confidential machines: encrypted memory, bound disks, and proof of both.

The platform runs nothing on the machines, and nobody reaches them: tokens are sealed before they leave a gateway, and
kept in the database (docs/adr/0043). They are an operator's own: the "machine inside" of the runbooks.
Attestation providers of one's own need no certificates for SEV-SNP: learn.microsoft.com/azure/attestation/overview.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import attestation, compute, managedidentity, network

from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope
from config.confidential import ConfidentialVms

OS_DISK_GB = 64


@dataclass(frozen=True, kw_only=True)
class ConfidentialArgs:
    """What the machines need."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    subnet_id: Input[str]
    disk_set: compute.DiskEncryptionSet | None
    """The set for confidential machines; None where the stack has none of them."""
    identity: managedidentity.UserAssignedIdentity


class Confidential(ComponentResource):
    """An attestation provider in the region, and, where the stack asks for them, confidential machines."""

    provider: attestation.AttestationProvider
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: ConfidentialArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:confidential:Confidential", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.provider = attestation.AttestationProvider(
            f"{name}-attestation",
            # Letters and digits, 3 to 24: the name becomes a host name.
            provider_name=scope.names.globally_unique("att", "vault", limit=24),
            resource_group_name=args.resource_group,
            location=scope.region,
            properties=attestation.AttestationServiceCreationSpecificParamsArgs(
                public_network_access="Disabled", tpm_attestation_authentication="Enabled"
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self),
        )
        private_endpoint(
            f"{name}-attestation",
            scope=scope,
            place=args.place,
            target_id=self.provider.id,
            group_id="standard",
            zones=("attestation",),
            parent=self,
        )
        settings = scope.config.confidential_vms
        if settings is not None and args.disk_set is not None:
            for index in range(settings.count):
                self._machine(index, settings, args.disk_set)
        self.diagnosed = [Diagnosed(name="attestation", resource_id=self.provider.id, metrics=False)]
        self.register_outputs({"attestationUri": self.provider.attest_uri})

    def _machine(self, index: int, settings: ConfidentialVms, disks: compute.DiskEncryptionSet) -> None:
        args, scope = self._args, self._args.scope
        name = scope.names.of("vm", f"confidential-{index}")
        zones = [scope.zones[index % len(scope.zones)]] if scope.zones else None
        interface = network.NetworkInterface(
            f"{self._name}-nic-{index}",
            network_interface_name=scope.names.of("nic", f"confidential-{index}"),
            resource_group_name=args.resource_group,
            location=scope.region,
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="confidential",
                    subnet=network.SubnetArgs(id=args.subnet_id),
                    private_ip_allocation_method="Dynamic",
                    primary=True,
                )
            ],
            enable_ip_forwarding=False,
            tags=scope.tags("phi"),
            opts=scope.options(self),
        )
        machine = compute.VirtualMachine(
            f"{self._name}-vm-{index}",
            vm_name=name,
            resource_group_name=args.resource_group,
            location=scope.region,
            zones=zones,
            hardware_profile=compute.HardwareProfileArgs(vm_size=settings.size),
            identity=compute.VirtualMachineIdentityArgs(
                type=compute.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity.id]
            ),
            # No encryption_at_host: the API refuses it with DiskWithVMGuestState, which encrypts inside the machine.
            security_profile=compute.SecurityProfileArgs(
                security_type="ConfidentialVM",
                uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
            ),
            storage_profile=compute.StorageProfileArgs(
                image_reference=compute.ImageReferenceArgs(
                    publisher="Canonical", offer="ubuntu-24_04-lts", sku="cvm", version=settings.image_version
                ),
                os_disk=compute.OSDiskArgs(
                    name=f"{name}-os",
                    create_option="FromImage",
                    delete_option="Delete",
                    caching=compute.CachingTypes.READ_WRITE,
                    disk_size_gb=OS_DISK_GB,
                    managed_disk=compute.ManagedDiskParametersArgs(
                        storage_account_type="Premium_LRS",
                        # The disk and the machine's own state open on this machine, once it has proved itself.
                        security_profile=compute.VMDiskSecurityProfileArgs(
                            security_encryption_type="DiskWithVMGuestState",
                            disk_encryption_set=compute.DiskEncryptionSetParametersArgs(id=disks.id),
                        ),
                    ),
                ),
            ),
            os_profile=compute.OSProfileArgs(
                computer_name=f"confidential-{index}",
                admin_username="breakglass",
                linux_configuration=compute.LinuxConfigurationArgs(
                    disable_password_authentication=True,
                    provision_vm_agent=True,
                    patch_settings=compute.LinuxPatchSettingsArgs(
                        patch_mode="AutomaticByPlatform", assessment_mode="AutomaticByPlatform"
                    ),
                    ssh=compute.SshConfigurationArgs(
                        public_keys=[
                            compute.SshPublicKeyArgs(
                                path="/home/breakglass/.ssh/authorized_keys", key_data=settings.ssh_public_key
                            )
                        ]
                    ),
                ),
            ),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[compute.NetworkInterfaceReferenceArgs(id=interface.id, primary=True)]
            ),
            # Managed: an account of our own would hold screenshots of the console under one more key.
            diagnostics_profile=compute.DiagnosticsProfileArgs(
                boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True)
            ),
            tags=scope.tags("phi"),
            opts=scope.options(self, holds_data=True),
        )
        compute.VirtualMachineExtension(
            f"{self._name}-attest-{index}",
            vm_extension_name="GuestAttestation",
            vm_name=machine.name,
            resource_group_name=args.resource_group,
            location=scope.region,
            # learn.microsoft.com/azure/virtual-machines/boot-integrity-monitoring-overview
            publisher="Microsoft.Azure.Security.LinuxAttestation",
            type="GuestAttestation",
            type_handler_version="1.0",
            auto_upgrade_minor_version=True,
            enable_automatic_upgrade=True,
            # Our own provider, by its private endpoint: left empty, the extension asks Azure's shared one, which the
            # firewall does not let through.
            settings={
                "AttestationConfig": {
                    "MaaSettings": {"maaEndpoint": self.provider.attest_uri, "maaTenantName": "GuestAttestation"},
                    "AscSettings": {"ascReportingEndpoint": "", "ascReportingFrequency": ""},
                    "useCustomToken": "false",
                    "disableAlerts": "false",
                }
            },
            tags=scope.tags("phi"),
            opts=scope.options(self),
        )
