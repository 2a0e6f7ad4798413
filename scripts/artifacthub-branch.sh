#!/usr/bin/env bash
# Commits the files that Artifact Hub reads to the local branch artifacthub: artifacthub-repo.yml, artifacthub-pkg.yml as kwctl
# writes it now, and the README with absolute links. The release workflow pushes the branch.
#
#   scripts/artifacthub-branch.sh
#
# Needs kwctl. The work tree and the current branch do not change.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
kwctl scaffold artifacthub --output "$directory/artifacthub-pkg.yml"
cp artifacthub-repo.yml "$directory"
scripts/absolute-links.sh README.md "$version" >"$directory/README.md"

export GIT_INDEX_FILE=$directory/index
for file in artifacthub-pkg.yml artifacthub-repo.yml README.md; do
  git update-index --add --cacheinfo "100644,$(git hash-object -w "$directory/$file"),$file"
done
parent=()
for branch in origin/artifacthub artifacthub; do
  if git rev-parse --quiet --verify "refs/remotes/$branch" >/dev/null || git rev-parse --quiet --verify "refs/heads/$branch" >/dev/null; then
    parent=(-p "$branch")
    break
  fi
done
: "${GIT_AUTHOR_NAME:=aws-pod-identity-policy release}" "${GIT_AUTHOR_EMAIL:=github-actions@github.com}"
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
commit=$(git commit-tree "$(git write-tree)" "${parent[@]}" -m "Publish version $version on Artifact Hub")
git update-ref refs/heads/artifacthub "$commit"
say "artifacthub is now $commit"
