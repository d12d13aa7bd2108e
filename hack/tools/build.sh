#!/usr/bin/env bash
# Prints the path of a development tool, building it first when the cache lacks it.
#
#   helm=$(hack/tools/build.sh helm)
#
# Each tool is a module of its own (hack/tools/NAME/go.mod), because their requirements conflict and because
# nobody should wait for a tool they do not use. The cache is keyed by everything that decides the binary.
set -euo pipefail

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:-}
if [[ -z $name || ! -f $tools/$name/go.mod ]]; then
	echo "usage: $0 $(cd "$tools" && printf '%s|' */ | tr -d / | sed 's/|$//')" >&2
	exit 2
fi

key=$({ go version && cat "$tools/$name/go.mod" "$tools/$name/go.sum"; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/followup-operator/tools/$name-$key
binary=$dir/$name

if [[ ! -x $binary ]]; then
	mkdir -p "$dir"
	exec 9>"$dir/.lock"
	flock 9
	if [[ ! -x $binary ]]; then # another caller may have built it while this one waited
		echo "building $name (once; kept in $dir)" >&2
		CGO_ENABLED=0 go build -C "$tools/$name" -trimpath -buildvcs=false -ldflags="-s -w" -o "$dir/.new" tool >&2
		mv "$dir/.new" "$binary"
	fi
fi
echo "$binary"
