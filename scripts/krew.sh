#!/usr/bin/env bash
# Prints the krew manifest of a release.
#
#   scripts/krew.sh VERSION CHECKSUMS       CHECKSUMS: the file checksums.txt of the release
set -euo pipefail
version=$1 checksums=$2
root=$(dirname "${BASH_SOURCE[0]}")/..
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' "$root/Cargo.toml")

sed -e "s|@VERSION@|$version|" -e "s|@REPOSITORY@|$repository|" "$root/cli/krew.yaml"
while read -r target os arch program; do
  archive=aws-pod-identity-$target.tar.gz
  sha256=$(awk -v archive="$archive" '$2 == archive { print $1 }' "$checksums")
  [[ -n $sha256 ]] || { echo "$checksums has no checksum of $archive" >&2; exit 1; }
  cat <<END
  - selector:
      matchLabels: {os: $os, arch: $arch}
    uri: $repository/releases/download/v$version/$archive
    sha256: $sha256
    bin: $program
    files:
    - {from: $program, to: .}
    - {from: LICENSE, to: .}
END
done <<'END'
x86_64-unknown-linux-musl linux amd64 aws-pod-identity
aarch64-unknown-linux-musl linux arm64 aws-pod-identity
x86_64-apple-darwin darwin amd64 aws-pod-identity
aarch64-apple-darwin darwin arm64 aws-pod-identity
x86_64-pc-windows-msvc windows amd64 aws-pod-identity.exe
aarch64-pc-windows-msvc windows arm64 aws-pod-identity.exe
END
