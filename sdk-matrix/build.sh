#!/usr/bin/env bash
# Builds the probes whose languages are here, and names those that are missing.
#
#   sdk-matrix/build.sh FOLDER [SDK...]
#
# The SDKs that can run are printed, one a line. Everything is built in FOLDER: no lock file is changed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$here/../scripts/lib.sh"
folder=$1
shift
wanted=("$@")
((${#wanted[@]})) || wanted=(boto3 awscli javascript-v3 go-v2 java-v2 rust cpp crt ruby javascript-v2 go-v1 java-v1)

# copy PROBE: its sources in the folder, next to what an earlier run built there.
copy() {
  mkdir -p "$folder/$1"
  cp -R "$here/probes/$1/." "$folder/$1"
}

build_python() {
  have python3 || return 2
  copy python &&
    { [[ -x $folder/python/venv/bin/python ]] || python3 -m venv "$folder/python/venv"; } &&
    "$folder/python/venv/bin/python" -m pip install --quiet --requirement "$folder/python/requirements.txt"
}

build_javascript() {
  have node && have npm || return 2
  copy javascript &&
    npm --prefix "$folder/javascript" ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

build_go() {
  have go || return 2
  copy "$1" &&
    (cd "$folder/$1" && CGO_ENABLED=0 GOWORK=off go build -mod=readonly -o probe .)
}

build_java() {
  have javac && have mvn && have keytool || return 2
  copy "$1" &&
    mvn --batch-mode --quiet --file "$folder/$1/pom.xml" package
}

build_rust() {
  have cargo || return 2
  copy rust &&
    (cd "$folder/rust" && CARGO_TARGET_DIR=target cargo build --locked --quiet)
}

# No registry of Ruby's packages is asked: the SDK is the one that is installed (Debian: ruby-aws-sdk-core).
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
      say "no SDK is called $sdk"
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
    2) say "MISSING: $sdk: there is no $language here" ;;
    *) say "MISSING: $sdk: its probe could not be built" ;;
  esac
done
