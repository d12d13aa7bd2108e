# followup-operator. `make` lists what can be made; CONTRIBUTING.md says more.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

##@ See it and prove it
.PHONY: demo
demo: ## The whole road on this machine, until Ctrl-C (DEMO_EXIT=1: check it and end)
	go run -C hack ./demo

.PHONY: demo-down
demo-down: ## End a demo that runs in another terminal
	go run -C hack ./demo down

.PHONY: test
test: ## Everything that proves the project; some of it: hack/test.sh STEP...
	hack/test.sh

##@ Develop
.PHONY: test-unit
test-unit: ## Tests of the product without Kubernetes (Postgres yes)
	go test $$(go list ./... | grep -v -e /controllers/integration -e /test/chart -e /test/vendors)

.PHONY: fuzz
fuzz: ## Fuzz for long: FUZZTIME (10m) for each target, or for one: make fuzz TARGET=FuzzX FUZZTIME=1h
	hack/fuzz.sh $(TARGET)

.PHONY: bench-ack
bench-ack: ## How fast requests are acknowledged, beside other implementations (docs/performance.md; minutes)
	go run ./test/bench/ack $(BENCH)

.PHONY: bench-jobs
bench-jobs: ## How soon jobs start, idle and beside a tenant with a backlog (docs/performance.md; minutes)
	go run ./test/bench/jobs $(BENCH)

.PHONY: bench-scale
bench-scale: ## What 10,000 Tenants and 20,000 CRMConnections cost the operator (docs/performance.md; some 20 minutes)
	KUBEBUILDER_ASSETS=$$(go run -C hack ./cmd/cluster assets) ESO_CRDS=$$(go run -C hack ./cmd/cluster assets -external-secrets-crds) \
		go run ./test/bench/scale $(BENCH)

.PHONY: lint
lint: ## golangci-lint on both modules
	hack/test.sh lint

.PHONY: generate
generate: ## Deep copies, CRDs and the operator's role from the Go types; the chart's copies of them
	hack/generate.sh

.PHONY: verify-generated
verify-generated: ## Fail, showing the difference, when `make generate` would change something
	hack/generate.sh --verify

.PHONY: build
build: ## Static binaries in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/ ./cmd/...

.PHONY: images
images: build ## The same as container images in bin/images/, without Docker (load them: docker load, kind load image-archive)
	go run -C hack ./cmd/images -binaries ../bin -out ../bin/images -tag "$$(awk '/^appVersion:/ { print $$2 }' charts/followup-operator/Chart.yaml)"

.PHONY: clean
clean: ## Remove bin/; what is cached for all checkouts is in ~/.cache/followup-operator
	rm -rf bin

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
