#!/usr/bin/env bash
# Prints the bill of materials of the module (SPDX 2.3, JSON): the crates that are compiled into it for wasm32-wasip1, and the
# standard library. The lock file also has the dependencies of tests and tools, which the module does not contain.
#
#   scripts/sbom.sh [MODULE.wasm]     with a module: its SHA-256
#
# SOURCE_DATE_EPOCH sets the time of creation; the default is the time of the last commit.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
module=${1:+$(realpath "$1")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

created=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
# The checksums of the archives of crates, by name and version.
checksums=$(awk -F '"' '/^name = / { name = $2 } /^version = / { version = $2 }
  /^checksum = / { printf "%s %s %s\n", name, version, $2 }' Cargo.lock |
  jq --raw-input --slurp 'split("\n") | map(select(. != "") | split(" ") | {"\(.[0]) \(.[1])": .[2]}) | add')

# `cargo metadata` unites the features that all members of the workspace need; `cargo tree` has those of the module.
compiled=$(cargo tree --locked --package aws-pod-identity-policy --edges normal --target wasm32-wasip1 --prefix none \
  --format '{p}' | awk '{ print $1, substr($2, 2) }' | sort -u | jq --raw-input --slurp 'split("\n") | map(select(. != ""))')

cargo metadata --format-version 1 --locked --filter-platform wasm32-wasip1 |
  jq --argjson checksums "$checksums" --argjson compiled "$compiled" --arg rust "$(<scripts/rust-version)" --argjson created "$created" \
    --arg sha256 "${module:+$(sha256sum "${module:-}" | cut -d ' ' -f 1)}" '
  def id: "SPDXRef-\(.name)-\(.version)" | gsub("[^A-Za-z0-9.-]"; "-");
  (.packages | map({(.id): .}) | add) as $packages
  | ($packages | map_values(select("\(.name) \(.version)" | IN($compiled[])))) as $packages
  | (.resolve.nodes | map({(.id): [.deps[] | select(any(.dep_kinds[]; .kind == null)) | .pkg | select($packages[.])]})
    | add) as $needs
  | .resolve.root as $root
  | {found: [$root], next: [$root]}
  | until(.next == [];
      .found as $found
      | ([.next[] | $needs[.][]] | unique - $found) as $new
      | {found: ($found + $new), next: $new})
  | .found as $found
  | ($packages[$root] | .version) as $version
  | {name: "std", version: $rust} as $std
  | {
      spdxVersion: "SPDX-2.3",
      dataLicense: "CC0-1.0",
      SPDXID: "SPDXRef-DOCUMENT",
      name: "aws-pod-identity-policy-\($version)",
      documentNamespace: "\($packages[$root].repository)/spdx/v\($version)/\(if $sha256 == "" then $created else $sha256 end)",
      creationInfo: {
        created: ($created | todate),
        creators: ["Organization: aws-pod-identity-policy maintainers", "Tool: scripts/sbom.sh"],
      },
      packages: (
        [$found[] | $packages[.] | . as $package | {
          SPDXID: id,
          name,
          versionInfo: .version,
          downloadLocation: (if .source == null then .repository else "NOASSERTION" end),
          filesAnalyzed: false,
          licenseConcluded: "NOASSERTION",
          licenseDeclared: ((.license // "NOASSERTION") | gsub("/"; " OR ")),
          copyrightText: "NOASSERTION",
          primaryPackagePurpose: (if .id == $root then "APPLICATION" else "LIBRARY" end),
          checksums: [($checksums["\(.name) \(.version)"], (if .id == $root and $sha256 != "" then $sha256 else null end))
            | select(. != null) | {algorithm: "SHA256", checksumValue: .}],
          externalRefs: [{
            referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: "pkg:cargo/\(.name)@\(.version)",
          }],
        } | if .checksums == [] then del(.checksums) else . end]
        + [$std | {
          SPDXID: id,
          name: "rust-std",
          versionInfo: .version,
          comment: "The standard library for wasm32-wasip1, with its wasi-libc",
          downloadLocation: "https://github.com/rust-lang/rust/tree/\(.version)",
          filesAnalyzed: false,
          licenseConcluded: "NOASSERTION",
          licenseDeclared: "MIT OR Apache-2.0",
          copyrightText: "NOASSERTION",
          primaryPackagePurpose: "LIBRARY",
        }]),
      relationships: (
        [{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: ($packages[$root] | id)},
         {spdxElementId: ($packages[$root] | id), relationshipType: "DEPENDS_ON", relatedSpdxElement: ($std | id)}]
        + [$found[] | . as $from | $needs[.][] | {
            spdxElementId: ($packages[$from] | id), relationshipType: "DEPENDS_ON", relatedSpdxElement: ($packages[.] | id),
          }]),
    }'
