#!/usr/bin/env bash
# The second way to build for wasm32-wasip1 (scripts/toolchain.sh chooses): Debian's own packages, for
# machines that cannot reach rustup's server.
#
#   scripts/toolchain-debian.sh check         is everything there? (instant, silent)
#   scripts/toolchain-debian.sh install       install the packages (root, or sudo without a password)
#   scripts/toolchain-debian.sh cargo ARGS..  Debian's cargo, set up for wasm32-wasip1
#
# Debian's rustc has a std for wasm32-wasip1 where the package libstd-rust-dev-wasm32 fits it. Where that
# rustc is too old, the rustc that Debian keeps recent for browsers (rustc-web) comes without one: std is
# then built from its source package. Building std is what RUSTC_BOOTSTRAP=1 is for; no crate here needs a
# nightly feature.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly rustc=/usr/bin/rustc cargo=/usr/bin/cargo target=wasm32-wasip1
# The oldest minor version of Rust 1 that builds the module.
readonly minimum=91

# minor VERSION: 95 for "1.95.0" and "1.95.0+dfsg1-1".
minor() {
  local rest=${1#1.}
  echo "${rest%%.*}"
}

# candidate PACKAGE: the version that apt would install; empty if there is none.
candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p'
}

# recent PACKAGE: whether apt has it, of a version that is recent enough.
recent() {
  local version
  version=$(candidate "$1")
  [[ $version == 1.* && $(minor "$version") -ge $minimum ]]
}

# newest_linker: path of the newest wasm-ld that is installed; empty if there is none.
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

# Flags come from CARGO_ENCODED_RUSTFLAGS (separated by 0x1f, so that paths may hold blanks).
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
