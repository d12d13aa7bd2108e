#!/usr/bin/env bash
# Draws the pictures of the README, docs/pictures/*.png, from what Followup sent to the double of Slack in a demo.
#
#   hack/pictures.sh FOLDER    with FILE.json for each picture, as DEMO_PICTURES=FOLDER make demo leaves them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(realpath "${1:?a folder with FILE.json for each picture}")
if ! command -v chromium-headless-shell >/dev/null; then
	echo "chromium-headless-shell is missing; on Debian, as root: apt-get install chromium-headless-shell fonts-lato fonts-noto-color-emoji" >&2
	exit 1
fi
npm ci --prefix hack/pictures --ignore-scripts --no-audit --no-fund >&2
node hack/pictures/draw.mjs "$folder"
mkdir -p docs/pictures
for page in "$folder"/*.html; do
	name=$(basename "$page" .html)
	browser=(chromium-headless-shell --no-sandbox --hide-scrollbars --force-device-scale-factor=2)
	# The window is as high as the page, which the page itself tells.
	height=$("${browser[@]}" --window-size=560,100 --dump-dom "file://$page" 2>/dev/null | grep -o 'data-height="[0-9]*"' | grep -o '[0-9]*')
	"${browser[@]}" --window-size="560,$height" --screenshot="docs/pictures/$name.png" "file://$page" 2>/dev/null
	echo "docs/pictures/$name.png"
done
