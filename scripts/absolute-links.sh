#!/usr/bin/env bash
# Prints a Markdown file of the root directory with absolute links to the tag of a version. Relative links do not work outside
# of the repository, where the file is also shown (Artifact Hub, Rancher, `kwctl inspect`).
#
#   scripts/absolute-links.sh README.md 0.1.0
#
# Links to headings of the same file do not change.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 2)) || { say "usage: $0 FILE.md VERSION"; exit 64; }
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../Cargo.toml")
[[ -n $repository ]] || { say "Cargo.toml has no repository"; exit 1; }
# GitHub shows a page at /blob/, and the picture itself at /raw/.
sed -E -e "s#\]\(([^)\#:]+\.png)\)#](${repository}/raw/v$2/\1)#g" \
  -e "s|\]\(([^)#:]+)(#[^)]*)?\)|](${repository}/blob/v$2/\1\2)|g" "$1"
