# The same six rules as the packs', for the benchmark alone: what Open Policy Agent makes of the same plan.
package bailiwick

import rego.v1

regions := {"westeurope", "northeurope", "francecentral", "germanywestcentral", "swedencentral", "italynorth", "spaincentral", "polandcentral", "austriaeast", "belgiumcentral", "denmarkeast", "germanynorth", "francesouth", "swedensouth", "norwayeast", "norwaywest"}

accounts contains resource if {
	some resource in input.resources
	resource.type == "azure-native:storage:StorageAccount"
}

deny contains {"rule": "residency.region-inside-jurisdiction", "urn": resource.urn} if {
	some resource in input.resources
	startswith(resource.type, "azure-native:")
	location := lower(object.get(resource.inputs, "location", "global"))
	location != "global"
	not regions[location]
}

deny contains {"rule": "encryption.storage-in-transit", "urn": account.urn} if {
	some account in accounts
	not modern(account)
}

modern(account) if {
	account.inputs.enableHttpsTrafficOnly == true
	account.inputs.minimumTlsVersion in {"TLS1_2", "TLS1_3"}
}

deny contains {"rule": "storage.no-shared-keys", "urn": account.urn} if {
	some account in accounts
	not keyless(account)
}

keyless(account) if {
	account.inputs.allowSharedKeyAccess == false
	account.inputs.isLocalUserEnabled == false
	object.get(account.inputs, "isSftpEnabled", false) == false
}

deny contains {"rule": "storage.no-public-blobs", "urn": account.urn} if {
	some account in accounts
	object.get(account.inputs, "allowBlobPublicAccess", true) != false
}

deny contains {"rule": "network.public-access-disabled", "urn": account.urn} if {
	some account in accounts
	object.get(account.inputs, "publicNetworkAccess", "Enabled") != "Disabled"
}

deny contains {"rule": "network.storage-denies-networks", "urn": account.urn} if {
	some account in accounts
	not closed(account)
}

closed(account) if {
	account.inputs.networkRuleSet.defaultAction == "Deny"
	count(object.get(account.inputs.networkRuleSet, "ipRules", [])) == 0
	count(object.get(account.inputs.networkRuleSet, "virtualNetworkRules", [])) == 0
}

count_by_rule[rule] := total if {
	some rule in {found.rule | some found in deny}
	total := count({found.urn | some found in deny; found.rule == rule})
}
