# shellcheck shell=bash
# Shared by the scripts beside it; sourced, never run.

# say TEXT: one line for a person; stdout stays free for the answer that a script gives.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# have COMMAND: whether it can be found.
have() {
  command -v "$1" >/dev/null 2>&1
}

# patiently COMMAND ARGS...: gives up on something that fetches after two minutes, where timeout(1) exists.
patiently() {
  if have timeout; then timeout 120 "$@"; else "$@"; fi </dev/null >&2
}

# can_apt: whether Debian packages can be installed here without asking anybody anything.
can_apt() {
  have apt-get || return 1
  [[ $(id -u) -eq 0 ]] || { have sudo && sudo -n true 2>/dev/null; }
}

# apt COMMAND ARGS...: apt-get as root, quiet, without questions, waiting for another apt-get to end.
apt() {
  local as_root=()
  [[ $(id -u) -eq 0 ]] || as_root=(sudo -n)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# apt_update: one source of several that cannot be reached is no reason to give up.
apt_update() {
  apt update || say "apt-get update failed; going on with the package lists that are there"
}

# apt_install PACKAGES...: nothing else is removed for their sake (rustc-web, for one, conflicts with
# Debian's rustup package).
apt_install() {
  apt install -y --no-install-recommends --no-remove "$@"
}
