#!/usr/bin/env bash
# Builds for wasm32-wasip1 with the packages of Debian, for machines that cannot download from rustup's server.
# scripts/toolchain.sh chooses the toolchain.
#
#   scripts/toolchain-debian.sh check         whether all packages are installed (no output)
#   scripts/toolchain-debian.sh install       install the packages (root, or sudo without a password)
#   scripts/toolchain-debian.sh cargo ARGS..  Debian's cargo, set up for wasm32-wasip1
#
# The package libstd-rust-dev-wasm32 has the standard library for wasm32-wasip1. If Debian's rustc is too old, rustc-web is
# used, which Debian keeps recent for browsers. It has no standard library for this target, so the library is built from its
# source package. That is the reason for RUSTC_BOOTSTRAP=1; no crate here needs a nightly feature.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly rustc=/usr/bin/rustc cargo=/usr/bin/cargo target=wasm32-wasip1
# The oldest minor version of Rust 1 that builds the module.
minimum=$(sed -n 's/^rust-version = "1\.\(.*\)"$/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../Cargo.toml")
readonly minimum

# minor VERSION: prints 95 for "1.95.0" and for "1.95.0+dfsg1-1".
minor() {
  local rest=${1#1.}
  echo "${rest%%.*}"
}

# candidate PACKAGE: prints the version that apt would install, or nothing.
candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p'
}

# recent PACKAGE: whether apt has a version that is recent enough.
recent() {
  local version
  version=$(candidate "$1")
  [[ $version == 1.* && $(minor "$version") -ge $minimum ]]
}

# newest_linker: prints the path of the newest installed wasm-ld, or nothing.
newest_linker() {
  find /usr/bin -maxdepth 1 -name 'wasm-ld*' | sort -V | tail -n 1
}

has_prebuilt_std() {
  compgen -G "$("$rustc" --print target-libdir --target "$target")/libstd-*.rlib" >/dev/null
}

has_std_source() {
  [[ -f $("$rustc" --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml ]]
}

check() {
  [[ -x $rustc && -x $cargo ]] || return 1
  [[ $(minor "$("$rustc" --version | cut -d' ' -f2)") -ge $minimum ]] || return 1
  [[ -n $(newest_linker) && -f /usr/lib/wasm32-wasi/libc.a ]] || return 1
  has_prebuilt_std || has_std_source
}

install() {
  can_apt || { say "installing packages needs root, or sudo without a password"; return 1; }
  apt_update
  local packages=(wasi-libc)
  if recent rustc && recent libstd-rust-dev-wasm32; then
    packages+=(rustc cargo libstd-rust-dev-wasm32 lld)
  elif recent rustc-web; then
    packages+=(rustc-web cargo-web libstd-rust-web-dev rust-web-src)
    local linker
    for linker in lld-22 lld-21 lld-20 lld-19; do
      [[ -n $(candidate "$linker") ]] && break
    done
    packages+=("$linker")
  else
    say "no rustc of at least 1.$minimum among this machine's packages"
    return 1
  fi
  say "installing ${packages[*]}"
  apt_install "${packages[@]}"
}

# Adds to the flags in CARGO_ENCODED_RUSTFLAGS (separated by 0x1f, so that paths can contain spaces).
run_cargo() {
  local separator=$'\x1f' flag flags=${CARGO_ENCODED_RUSTFLAGS-} build_std=()
  for flag in -Clinker="$(newest_linker)" -Clink-self-contained=no -L/usr/lib/wasm32-wasi; do
    flags+=${flags:+$separator}$flag
  done
  if ! has_prebuilt_std; then
    export RUSTC_BOOTSTRAP=1
    build_std=("-Zbuild-std=std,panic_abort")
  fi
  RUSTC=$rustc CARGO_ENCODED_RUSTFLAGS=$flags exec "$cargo" "${build_std[@]}" "$@"
}

case ${1-} in
  check) check ;;
  install) install ;;
  cargo) shift && run_cargo "$@" ;;
  *)
    say "usage: $0 check | install | cargo ARGS..."
    exit 64
    ;;
esac
