#!/usr/bin/env bash
# Installs what a folder's package-lock.json pins, unless it is there, and prints the path of the Node among it. No install
# script runs.
#
#   install.sh          the vendors' clients, in this folder
#   install.sh FOLDER   of another one
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")}"
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --ignore-scripts --no-audit --no-fund >&2
	cp package-lock.json node_modules/.installed
fi
echo "$PWD"/node_modules/node-linux-*/bin/node
