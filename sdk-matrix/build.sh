#!/usr/bin/env bash
# Builds the probes whose languages are installed, and prints their SDKs, one a line. Missing languages are errors on stderr.
#
#   sdk-matrix/build.sh DIRECTORY [SDK...]
#
# The sources are copied to DIRECTORY and built there, so that the lock files of the repository do not change.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
directory=$1
shift
wanted=("$@")
((${#wanted[@]})) || wanted=(boto3 awscli javascript-v3 go-v2 java-v2 rust cpp crt ruby javascript-v2 go-v1 java-v1)

# copy PROBE: copies the sources of the probe. Output of earlier builds stays.
copy() {
  mkdir -p "$directory/$1"
  cp -R "$here/probes/$1/." "$directory/$1"
}

build_python() {
  have python3 || return 2
  copy python &&
    { [[ -x $directory/python/venv/bin/python ]] || python3 -m venv "$directory/python/venv"; } &&
    "$directory/python/venv/bin/python" -m pip install --quiet --requirement "$directory/python/requirements.txt"
}

build_javascript() {
  have node && have npm || return 2
  copy javascript &&
    npm --prefix "$directory/javascript" ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

build_go() {
  have go || return 2
  copy "$1" &&
    (cd "$directory/$1" && CGO_ENABLED=0 GOWORK=off go build -mod=readonly -o probe .)
}

build_java() {
  have javac && have mvn && have keytool || return 2
  copy "$1" &&
    mvn --batch-mode --quiet --file "$directory/$1/pom.xml" package
}

build_rust() {
  have cargo || return 2
  copy rust &&
    (cd "$directory/rust" && CARGO_TARGET_DIR=target cargo build --locked --quiet)
}

# The installed SDK is used (Debian: ruby-aws-sdk-core), without RubyGems.
build_ruby() {
  have ruby && ruby -e 'require "aws-sdk-core"' 2>/dev/null || return 2
  copy ruby
}

declare -A built
for sdk in "${wanted[@]}"; do
  case $sdk in
    boto3 | awscli | cpp | crt) build=build_python language=Python ;;
    javascript-*) build=build_javascript language='Node.js with npm' ;;
    go-v2) build='build_go go' language=Go ;;
    go-v1) build='build_go go-v1' language=Go ;;
    java-v2) build='build_java java' language='Java with Maven' ;;
    java-v1) build='build_java java-v1' language='Java with Maven' ;;
    rust) build=build_rust language=Rust ;;
    ruby) build=build_ruby language='Ruby with aws-sdk-core' ;;
    *)
      say "unknown SDK: $sdk"
      exit 2
      ;;
  esac
  if [[ -z ${built[$build]:-} ]]; then
    say "building for $sdk"
    status=0
    # shellcheck disable=SC2086 # a function and its argument
    $build </dev/null >&2 || status=$?
    built[$build]=$status
  fi
  case ${built[$build]} in
    0) echo "$sdk" ;;
    2) say "MISSING: $sdk: $language is not installed" ;;
    *) say "MISSING: $sdk: its probe could not be built" ;;
  esac
done
