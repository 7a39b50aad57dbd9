// Modules that carry the definitions of custom resources which the cluster's add-ons bring. Nothing is compiled and
// nothing imported (so never `go mod tidy`): `make cluster-tools` copies the files that files.yaml lists, and go.sum
// pins every byte. Where the add-on's own version is not to be had, an older one stands: what it takes, a newer takes.
module bailiwick/tools/crds

go 1.26.0

require (
	github.com/cilium/cilium v1.15.19
	github.com/fluxcd/kustomize-controller v1.7.3
	github.com/fluxcd/source-controller v1.8.5
	github.com/kedacore/keda/v2 v2.16.1
	github.com/prometheus-operator/prometheus-operator v0.85.0
	github.com/sigstore/policy-controller v0.13.1
	sigs.k8s.io/gateway-api v1.3.0
)
