#!/usr/bin/env bash
# Writes what is made from the Go types and their markers: deep copies, CRDs, the operator's role, and the chart's copies.
#
#   hack/generate.sh            writes it
#   hack/generate.sh --verify   fails, showing the difference, when that would change anything
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $# -gt 1 || ${1:---verify} != --verify ]]; then
	echo "usage: $0 [--verify]" >&2
	exit 2
fi

chart=charts/followup-operator
generated=(api/v1alpha1/zz_generated.deepcopy.go config/crd/bases config/rbac/role.yaml "$chart/crds" "$chart/files")
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

mkdir -p "$fresh/$chart"/{crds,files}
controller_gen=$(hack/tools/build.sh controller-gen)
"$controller_gen" object paths=./api/... output:object:dir="$fresh/api/v1alpha1"
"$controller_gen" crd paths=./api/... output:crd:dir="$fresh/config/crd/bases"
"$controller_gen" rbac:roleName=followup-operator paths=./controllers/... paths=./cmd/operator/... output:rbac:dir="$fresh/config/rbac"
cp "$fresh"/config/crd/bases/*.yaml "$fresh/$chart/crds/"
sed -n '/^rules:/,$p' "$fresh/config/rbac/role.yaml" >"$fresh/$chart/files/role-rules.yaml"

stale=()
for path in "${generated[@]}"; do
	diff -ruN "$path" "$fresh/$path" >"$fresh/diff" || stale+=("$path")
	[[ ${1:-} != --verify ]] || cat "$fresh/diff"
done
if [[ ${#stale[@]} -eq 0 ]]; then
	exit 0
fi
if [[ ${1:-} == --verify ]]; then
	echo "out of date: ${stale[*]}; run make generate and commit what it changes" >&2
	exit 1
fi
for path in "${stale[@]}"; do
	rm -rf "$path"
	mkdir -p "$(dirname "$path")"
	cp -r "$fresh/$path" "$path"
	echo "wrote $path"
done
