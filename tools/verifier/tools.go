//go:build tools

// Package verifier names the commands that are built, so that `go mod tidy` keeps what they need.
package verifier

import (
	_ "github.com/sigstore/policy-controller/cmd/tester"
	_ "github.com/sigstore/policy-controller/cmd/webhook"
)
