#!/usr/bin/env bash
# The first step of action.yml: downloads the program and compares its checksum. Prints "program=PATH".
#
# PROGRAM      path of a program that is installed already
# VERSION      version to download; by default that of the action
# RELEASES     address of the releases, for mirrors
set -euo pipefail

if [[ -n ${PROGRAM:-} ]]; then
  echo "program=$PROGRAM"
  exit 0
fi

manifest=$GITHUB_ACTION_PATH/Cargo.toml
version=${VERSION:-$(sed -n 's/^version = "\(.*\)"$/\1/p' "$manifest")}
version=${version#v}
releases=${RELEASES:-$(sed -n 's/^repository = "\(.*\)"$/\1/p' "$manifest")/releases/download}

case $(uname -s) in
  Linux) system=unknown-linux-musl program=aws-pod-identity ;;
  Darwin) system=apple-darwin program=aws-pod-identity ;;
  MINGW* | MSYS* | CYGWIN*) system=pc-windows-msvc program=aws-pod-identity.exe ;;
  *) echo "there is no program for $(uname -s); build it with cargo, and set the input program" >&2; exit 2 ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) echo "there is no program for $(uname -m); build it with cargo, and set the input program" >&2; exit 2 ;;
esac

directory=${RUNNER_TEMP:-$(mktemp -d)}/aws-pod-identity-$version
archive=aws-pod-identity-$machine-$system.tar.gz
mkdir -p "$directory"
cd "$directory"
for file in "$archive" checksums.txt; do
  curl --fail --silent --show-error --location --retry 3 --output "$file" "$releases/v$version/$file" || {
    echo "cannot download $releases/v$version/$file" >&2
    exit 2
  }
done
sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
grep -F "  $archive" checksums.txt | sha256 --check --status - || {
  echo "$archive does not have the checksum that checksums.txt of release v$version names" >&2
  exit 2
}
tar -xzf "$archive"
echo "program=$directory/$program"
