#!/usr/bin/env bash
# Checks all dependencies against deny.toml: licenses, sources, bans, and known vulnerabilities if the database of
# advisories can be fetched.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# With --workspace: the root of the workspace is a package, and without it only the dependencies of that are checked.
deny() {
  scripts/cargo-tool.sh cargo-deny 0.20.2 deny --workspace --all-features "$@"
}

deny check bans licenses sources
if patiently scripts/cargo-tool.sh cargo-deny 0.20.2 deny fetch db 2>/dev/null; then
  deny check --disable-fetch advisories
else
  # Continuous integration sets CI, and has a network.
  skipped CI "the database of advisories cannot be fetched"
fi
