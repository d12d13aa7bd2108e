#!/usr/bin/env bash
# Everything that proves this project, step by step. `make test` and the CI run it.
#
#   hack/test.sh              all steps
#   hack/test.sh lint go      some of them
#
# A step that fails does not stop the others; the summary at the end names it, and its log.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

logs=bin/test
steps=(
	"lint        golangci-lint with the rules of .golangci.yml"
	"generated   what is made from the Go types is up to date"
	"kubernetes  a Kubernetes compiled from Go modules (minutes the first time, then cached)"
	"go          tests of the product, with the race detector, on a real Postgres and a real API server"
	"fuzz        every fuzz target, briefly (make fuzz: for long)"
	"vendors     the doubles of Slack, Fathom and Anthropic, judged by these vendors' own clients"
	"chart       the Helm chart renders what it should"
	"hack        tests of the local cluster"
	"demo        end to end: the demo checks itself"
)

step_lint() {
	local lint
	lint=$(hack/tools/build.sh golangci-lint) || return
	local status=0 # what is wrong in one module does not hide what is wrong in the other
	"$lint" run ./... || status=1
	(cd hack && "$lint" run ./...) || status=1
	return $status
}

step_generated() { hack/generate.sh --verify; }

step_kubernetes() { go run -C hack ./cmd/cluster compile; }

step_go() {
	needs gcc gcc libc6-dev || return # the race detector links with it
	assets || return
	# shellcheck disable=SC2046 # package paths hold no blanks
	go test -race -timeout 20m $(go list ./... | grep -v -e /test/chart -e /test/vendors)
}

step_vendors() {
	needs gcc gcc libc6-dev || return
	needs npm nodejs npm || return # it fetches the Node that the clients need
	local node
	node=$(test/vendors/install.sh) || return
	NODE=$node go test -race ./test/vendors
}

step_fuzz() { hack/fuzz.sh --short; }

step_chart() {
	needs gcc gcc libc6-dev || return
	local helm
	helm=$(hack/tools/build.sh helm) || return
	HELM=$helm go test -race ./test/chart
}

step_hack() {
	root || return # without it, the tests of the cluster would skip themselves
	needs gcc gcc libc6-dev || return
	go test -C hack -race -timeout 20m ./...
}

step_demo() { DEMO_EXIT=1 go run -C hack ./demo; }

root() {
	if [[ $EUID -ne 0 ]]; then
		echo "the local Kubernetes needs root: sudo env PATH=\"\$PATH\" make test" >&2
		return 1
	fi
}

# assets tells the tests of the controllers where etcd, kube-apiserver and External Secrets' CRDs are, making them if need be.
assets() {
	local cluster=(go run -C hack ./cmd/cluster)
	KUBEBUILDER_ASSETS=$("${cluster[@]}" assets) || return
	ESO_CRDS=$("${cluster[@]}" assets -external-secrets-crds) || return
	export KUBEBUILDER_ASSETS ESO_CRDS
}

# needs PROGRAM PACKAGE... installs Debian packages when PATH lacks the program.
needs() {
	local program=$1
	shift
	if command -v "$program" >/dev/null; then
		return
	fi
	echo "installing $* for $program"
	if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
		echo "$program is missing; on Debian, as root: apt-get install $*" >&2
		return 1
	fi
	apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}

elapsed() { printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); }

# run_step NAME TITLE runs one step, showing its output and keeping it.
run_step() {
	local name=$1 title=$2 begin=$SECONDS
	printf '\n=== %s: %s (%s since the start)\n' "$name" "$title" "$(elapsed $SECONDS)"
	"step_$name" 2>&1 | tee "$logs/$name.log"
	local status=${PIPESTATUS[0]} took
	took=$(elapsed $((SECONDS - begin)))
	if [[ $status -eq 0 ]]; then
		summary+=("$(printf 'passed  %7s  %-11s %s' "$took" "$name" "$title")")
	else
		summary+=("$(printf 'FAILED  %7s  %-11s %s' "$took" "$name" "$title")")
		failed+=("$name")
		failed_logs+=("$logs/$name.log")
	fi
	printf '=== %s: %s in %s\n' "$name" "$([[ $status -eq 0 ]] && echo passed || echo FAILED)" "$took"
}

all=()
for step in "${steps[@]}"; do
	all+=("${step%% *}")
done
for name in "$@"; do
	if [[ " ${all[*]} " != *" $name "* ]]; then
		echo "no step is called $name; there are: ${all[*]}" >&2
		exit 2
	fi
done

trap 'exit 130' INT
mkdir -p "$logs"
summary=() failed=() failed_logs=() wanted=("${@:-${all[@]}}")
for step in "${steps[@]}"; do
	read -r name title <<<"$step"
	if [[ " ${wanted[*]} " == *" $name "* ]]; then
		run_step "$name" "$title"
	fi
done

printf '\n=== summary (%s)\n' "$(elapsed $SECONDS)"
printf '%s\n' "${summary[@]}"
if [[ ${#failed[@]} -ne 0 ]]; then
	printf '\nNext: read %s, then run only that again: hack/test.sh %s\n' "${failed_logs[*]}" "${failed[*]}"
	exit 1
fi
if [[ $# -eq 0 ]]; then
	printf '\nAll passed. Next: make demo, to see it work and look around.\n'
fi
