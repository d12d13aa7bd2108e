#!/usr/bin/env bash
# Installs the vendors' clients as package-lock.json pins them, unless they are there, and prints the path of their Node.
# None of their install scripts runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --ignore-scripts --no-audit --no-fund >&2
	cp package-lock.json node_modules/.installed
fi
echo "$PWD"/node_modules/node-linux-*/bin/node
