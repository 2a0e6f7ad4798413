#!/usr/bin/env bash
# Records the output of the program for the README: a session as text, and a picture of its html report. The picture needs
# Chromium; without it, only the text is recorded.
#
#   scripts/recordings.sh [DIRECTORY]        by default docs/recordings
#
# PROGRAM=PATH          the program; otherwise it is built
# CHROMIUM=PATH         the browser; otherwise the first one on PATH; "none" for none
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${1:-docs/recordings}
mkdir -p "$out"
out=$(cd "$out" && pwd)
program=${PROGRAM:-${CARGO_TARGET_DIR:-target}/debug/aws-pod-identity}
[[ -n ${PROGRAM:-} ]] || cargo build --quiet --locked --package aws-pod-identity --no-default-features
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
ln -s "$(cd "$(dirname "$program")" && pwd)/$(basename "$program")" "$directory/aws-pod-identity"
PATH=$directory:$PATH
cp -R docs/recordings/manifests "$directory/manifests"
cd "$directory"

# session COMMAND: the command and its output, as in a terminal of 120 columns.
session() {
  local status=0
  printf '$ %s\n' "$1"
  bash -c "$1" 2>&1 || status=$?
  printf '$ echo $?\n%s\n' "$status"
}
{
  session "aws-pod-identity check manifests/"
} >"$out/check.txt"

browser=$(find_chromium || true)
if [[ -z $browser || $browser == none ]]; then
  [[ $browser == none ]] || say "SKIPPED: the picture of the html report needs Chromium"
  exit 0
fi
aws-pod-identity check manifests/ --output html >report.html || true
"$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1120,760 --force-device-scale-factor=1 \
  --user-data-dir="$directory/profile" --screenshot="$directory/report.png" "file://$directory/report.html" >/dev/null 2>&1
[[ -s report.png ]] || { say "$browser did not write a screenshot"; exit 1; }
cp report.png "$out/report.png"
