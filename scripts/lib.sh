# shellcheck shell=bash
# Functions that the other scripts source.

# say TEXT: prints a message on stderr. stdout is for the result of a script.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# have COMMAND: whether the command exists.
have() {
  command -v "$1" >/dev/null 2>&1
}

# not_skippable VARIABLE REASON: prints that something is skipped. Succeeds if that is a failure, because the variable of that
# name is set.
not_skippable() {
  say "SKIPPED: $2"
  [[ -n ${!1:-} ]] || return 1
  say "$1 is set, so this is a failure"
}

# skipped VARIABLE REASON: prints that the work of the script is skipped, and ends it: as a success, or as a failure if the
# variable of that name is set.
skipped() {
  not_skippable "$@" && exit 1
  exit 0
}

# patiently COMMAND ARGS...: runs a command that downloads, for at most two minutes if timeout(1) exists.
patiently() {
  if have timeout; then timeout 120 "$@"; else "$@"; fi </dev/null >&2
}

# can_apt: whether Debian packages can be installed without asking the user.
can_apt() {
  have apt-get || return 1
  [[ $(id -u) -eq 0 ]] || { have sudo && sudo -n true 2>/dev/null; }
}

# apt COMMAND ARGS...: runs apt-get as root, quietly and without questions. Waits for another apt-get to end.
apt() {
  local as_root=()
  [[ $(id -u) -eq 0 ]] || as_root=(sudo -n)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# apt_update: a failure is only reported, because a single unreachable package source causes it.
apt_update() {
  apt update || say "apt-get update failed; using the existing package lists"
}

# apt_install PACKAGES...: fails if another package would have to be removed (rustc-web conflicts with Debian's rustup).
apt_install() {
  apt install -y --no-install-recommends --no-remove "$@"
}

# python_with REQUIREMENTS DIRECTORY: a virtual environment with these packages, which is created once. If that fails, prints
# the reason on stdout.
python_with() {
  local requirements=$1 directory=$2 why
  cmp -s "$requirements" "$directory/installed.txt" && "$directory/venv/bin/python" --version >/dev/null 2>&1 && return
  have python3 || { echo "python3 is missing"; return; }
  say "installing the packages of $(basename "$requirements") into $directory"
  rm -rf "$directory"
  mkdir -p "$directory"
  if ! python3 -m venv "$directory/venv" >"$directory/log" 2>&1; then
    echo "python3 -m venv failed: install python3-venv (or your system's package)"
  elif ! PIP_DISABLE_PIP_VERSION_CHECK=1 patiently "$directory/venv/bin/python" -m pip install \
    --quiet --retries 1 --no-deps --only-binary :all: --requirement "$requirements" 2>"$directory/log"; then
    why=$(grep -m 1 ERROR "$directory/log") || why="timeout after two minutes"
    echo "the packages cannot be installed: $why"
  else
    # Last, so that an interrupted installation is repeated.
    cp "$requirements" "$directory/installed.txt"
  fi
}

# find_chromium: prints CHROMIUM, or the path of the first Chromium on PATH.
find_chromium() {
  local name
  [[ -z ${CHROMIUM:-} ]] || { echo "$CHROMIUM"; return; }
  for name in chromium chromium-browser google-chrome; do
    type -P "$name" && return
  done
}

# browser_or_skip ABOUT: sets `browser`. Without Chromium or Python, the tests of ABOUT are skipped; with REQUIRE_CHROMIUM,
# that is a failure.
browser_or_skip() {
  local about=$1 missing=
  browser=$(find_chromium || true)
  [[ -n $browser ]] || missing="chromium"
  have python3 || missing="${missing:+$missing, }python3"
  [[ -z $missing ]] || skipped REQUIRE_CHROMIUM "tests of $about in a browser; missing: $missing"
}
