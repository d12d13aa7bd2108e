// Command external-secrets is the External Secrets Operator with all its providers.
package main

import "github.com/external-secrets/external-secrets/cmd/controller"

func main() { controller.Execute() }
