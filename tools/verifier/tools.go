//go:build tools

// Package verifier names the command that is built, so that `go mod tidy` keeps what it needs.
package verifier

import _ "github.com/sigstore/policy-controller/cmd/tester"
