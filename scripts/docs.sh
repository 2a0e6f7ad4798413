#!/usr/bin/env bash
# Builds the documentation site from docs/ with mdBook, into target/site.
#
#   scripts/docs.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=${CARGO_TARGET_DIR:-target}
mkdir -p "$out"
out=$(cd "$out" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
rm -rf "$out/site" "$out/site-pages"
cp -R docs "$out/site-pages"
# Files outside of docs/ are not part of the site, so links to them lead to the release.
sed -i -E "s|\]\(\.\./([^)]+)\)|](${repository}/blob/v${version}/\1)|g" "$out"/site-pages/*.md
# Without its server, mdBook needs half as many crates.
CARGO_TOOL_FEATURES=search scripts/cargo-tool.sh mdbook 0.5.4 build "$out/site-pages" --dest-dir "$out/site"
rm -rf "$out/site-pages"
scripts/playground.sh "$out/site/playground/index.html"
say "open $out/site/index.html"
