#!/usr/bin/env bash
# Builds the playground: one page that contains the policy as WebAssembly, the examples, the styles and the script.
#
#   scripts/playground.sh OUT.html
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 1)) || { say "usage: $0 OUT.html"; exit 64; }
out=$1
[[ $out == /* ]] || out=$PWD/$out
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in jq openssl gzip base64; do
  have "$tool" || { say "$tool is missing: install it with your system's package manager"; exit 1; }
done

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Browsers download it, so it is compiled for size; the module of the policy is compiled for speed.
CARGO_PROFILE_RELEASE_OPT_LEVEL=z scripts/build-module.sh "$work/module.wasm" aws-pod-identity-playground
gzip -9nc "$work/module.wasm" | base64 | tr -d '\n' >"$work/module"

# example GROUP NAME TITLE MANIFESTS [SETTINGS]: an example as JSON. Its description is the comment at the start.
example() {
  # shellcheck disable=SC2016 # The variables are jq's.
  jq -n --arg group "$1" --arg name "$2" --arg title "$3" --rawfile manifests "$4" --rawfile settings "${5:-/dev/null}" '
    def comment: split("\n") | .[:(map(startswith("#")) | index(false))] | map(ltrimstr("#") | ltrimstr(" ")) | join(" ");
    {$group, $name, $manifests, $settings,
     title: ($title | gsub("\\b(?<word>arn|iam|id)\\b"; .word | ascii_upcase) | (.[:1] | ascii_upcase) + .[1:]),
     about: ((if $settings == "" then $manifests else $settings end) | comment)}'
}

for file in examples/*.yaml; do
  name=$(basename "$file" .yaml)
  case $name in
    *-rejected-*) group="Rejected" ;;
    *-warned-*) group="Warned" ;;
    *) group="Accepted" ;;
  esac
  title=$(sed -E 's/^[0-9]+-((rejected|warned)-)?//; s/-/ /g' <<<"$name")
  example "$group" "$name" "$title" "$file"
done >"$work/examples"
# The table of the README names them.
while IFS=$'\t' read -r name title; do
  example "With settings" "$name" "$title" "examples-with-settings/$name/manifests.yaml" "examples-with-settings/$name/settings.yaml"
done >>"$work/examples" < <(
  sed -nE 's#^\| (.*) \| .*examples-with-settings/([^/]+)/settings\.yaml.*#\2\t\1#p' examples-with-settings/README.md
)
# "<" could end the element that the JSON is in.
jq -rs 'tojson | gsub("<"; "\\u003c")' "$work/examples" >"$work/examples.json"

# The Content-Security-Policy of the page allows these two texts only.
hash() { openssl dgst -sha256 -binary "$1" | base64; }

mkdir -p "$(dirname "$out")"
# shellcheck disable=SC2016 # The variables are jq's.
jq -jn --rawfile page playground/page/index.html \
  --rawfile style playground/page/style.css --arg stylehash "$(hash playground/page/style.css)" \
  --rawfile script playground/page/page.js --arg scripthash "$(hash playground/page/page.js)" \
  --rawfile wasm "$work/module" --rawfile examples "$work/examples.json" --arg version "$version" '
  def set(name; value): split("{{" + name + "}}") | join(value);
  $page | set("version"; $version) | set("style-hash"; $stylehash) | set("script-hash"; $scripthash)
    | set("style"; $style) | set("script"; $script) | set("module"; $wasm) | set("examples"; $examples)' >"$out"
say "$(basename "$out"): $(($(wc -c <"$out"))) bytes"
