#!/usr/bin/env bash
# Feeds the parsers at the edge with what nobody thought of: Go's fuzzing, every target of the project one after the other.
#
#   hack/fuzz.sh                       all targets, 10 minutes each
#   FUZZTIME=1h hack/fuzz.sh FuzzX     one of them, or several, for as long as you like
#   hack/fuzz.sh --short               all of them within a minute, as in hack/test.sh
#
# A target is any "func FuzzX(f *testing.F)"; its seeds and former crashes are in testdata/fuzz/FuzzX beside it, and every
# `go test` runs them. What a long run finds interesting goes to Go's cache (go clean -fuzzcache empties it), not there.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

short=30    # seconds, for all targets together
minimize=2s # for making one input smaller; Go's own minute is spent on inputs that are merely new

# targets NAME... prints a line "PACKAGE NAME" for each, or for all there are. A test binary is asked only where the source
# has a target: those of other packages start servers.
targets() {
	local names=${*:-Fuzz[A-Z0-9_][A-Za-z0-9_]*} package found
	names="(${names// /|})"
	{ git grep -lE --untracked "^func $names\(" -- '*_test.go' || true; } | xargs -r -n1 dirname | sort -u | while read -r package; do
		found=$(go test -C "$package" -list "^$names\$" .) || {
			printf '%s\n' "$found" >&2
			return 1
		}
		grep '^Fuzz' <<<"$found" | sed "s|^|$package |"
	done
}

# fuzz PACKAGE TARGET TIME fails if the target has an input that it doesn't pass.
fuzz() {
	local package=$1 target=$2 time=$3 output
	output=$(mktemp)
	printf '\n--- %s in %s, for %s\n' "$target" "$package" "$time"
	go test -C "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime "$minimize" . 2>&1 | tee "$output"
	local status=${PIPESTATUS[0]} text
	text=$(<"$output")
	rm -f "$output"
	if [[ $status -eq 0 && $text != *"no fuzz tests to fuzz"* ]]; then
		return 0
	fi
	# Go 1.26 may report the end of the time as a failure (golang/go#75804); an input that fails is always named.
	if [[ $text == *$'\n    context deadline exceeded\n'* && $text != *"$target/"* ]]; then
		echo "its time was over; no input failed"
		return 0
	fi
	advise "$package" "$target" "$text"
	return 1
}

# advise says which input failed, and what to do with it.
advise() {
	local package=$1 target=$2 input
	input=$(grep -oE "$target/[A-Za-z0-9._#-]+" <<<"$3" | tail -n1)
	printf '\n%s FAILED\n' "$target"
	if [[ -z $input ]]; then
		echo "without an input to blame: see above"
		return
	fi
	if [[ $input == */seed#* ]]; then
		echo "  input:   an f.Add of $target in $package, counted from 0"
	else
		echo "  input:   $package/testdata/fuzz/$input"
	fi
	echo "  again:   go test -C $package -run '^$target\$/^${input#*/}\$' ."
	echo "  then:    mend the code; a new file: name it after what it holds and commit it, every go test runs it from then on"
}

short_run=
if [[ ${1:-} == --short ]]; then
	short_run=yes
	shift
fi
list=$(targets "$@") || exit 1
for name in "$@"; do
	if ! grep -q " $name\$" <<<"$list"; then
		echo "no fuzz target is called $name; git grep 'func Fuzz' lists them" >&2
		exit 2
	fi
done
mapfile -t all <<<"$list"
time=${FUZZTIME:-10m}
if [[ -n $short_run ]]; then
	time=$((short > ${#all[@]} ? short / ${#all[@]} : 1))s
fi

trap 'exit 130' INT
failed=() passed=0
for line in "${all[@]}"; do
	read -r package target <<<"$line"
	if fuzz "$package" "$target" "$time"; then
		passed=$((passed + 1))
	else
		failed+=("$target")
	fi
done

printf '\n%d fuzz targets passed (%s each)' "$passed" "$time"
if [[ ${#failed[@]} -ne 0 ]]; then
	printf ', %d FAILED: %s\n' "${#failed[@]}" "${failed[*]}"
	exit 1
fi
echo
