// Typecheck checks the expressions of every ValidatingAdmissionPolicy of a server against the types that they match.
//
// In a cluster kube-controller-manager does this and writes it into the policy's status; the tests run no controllers,
// so they call the same code: k8s.io/apiserver, TypeChecker. Arguments: the server's address and a bearer token.
package main

import (
	"context"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	memory "k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: typecheck ADDRESS TOKEN")
		os.Exit(2)
	}
	// The server of the tests is on loopback, with a certificate that it made a moment ago.
	config := &rest.Config{Host: os.Args[1], BearerToken: os.Args[2], TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	if err := check(kubernetes.NewForConfigOrDie(config)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check prints a line for each warning, and one for each policy that was looked at.
func check(client *kubernetes.Clientset) error {
	checker := &validating.TypeChecker{
		SchemaResolver: &resolver.ClientDiscoveryResolver{Discovery: client.Discovery()},
		RestMapper:     restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery())),
	}
	policies := client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	found, err := policies.List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range found.Items {
		policy := &found.Items[i]
		for _, warning := range checker.Check(policy) {
			fmt.Printf("%s %s: %s\n", policy.Name, warning.FieldRef, warning.Warning)
		}
		fmt.Printf("%s checked\n", policy.Name)
	}
	return nil
}
