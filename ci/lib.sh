# SPDX-License-Identifier: MIT OR Apache-2.0
# Shared by the scripts in ci/: where things are, progress lines, Debian packages. Sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/spile
export ROOT CACHE

# Where `cargo install` puts cargo-nextest; on a fresh machine no shell looks there yet.
export PATH=$PATH:$HOME/.cargo/bin

# The oldest Rust that builds the workspace (rust-version in Cargo.toml).
RUST_NEEDED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# as_root CMD…: runs it as root, through sudo where we are not.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "need root to run: $*"
    fi
}

# version_ge A B: is A the same as or newer than B?
version_ge() { dpkg --compare-versions "$1" ge "$2"; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# apt_install [-t SUITE] PKG…: installs what is missing, asks nothing, refreshes the lists once.
APT_FRESH=
apt_install() {
    local suite=() missing=() pkg
    if [ "$1" = -t ]; then suite=(-t "$2"); shift 2; fi
    for pkg; do installed "$pkg" || missing+=("$pkg"); done
    [ ${#missing[@]} = 0 ] && return
    apt_newest "${suite[@]}" "${missing[@]}"
}

# apt_newest [-t SUITE] PKG…: installs or upgrades.
apt_newest() {
    apt_update
    say "installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

apt_update() {
    [ -n "$APT_FRESH" ] && return
    say "refreshing Debian's package lists"
    as_root apt-get update -qq
    APT_FRESH=yes
}

# dependency PKG PREFIX: the name, with its version in it, of what PKG depends on.
dependency() {
    apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: //p' | grep -o "$2[0-9][0-9.]*" | head -1
}

# apt_private ARGS…: apt-get with a configuration of our own in the cache: another suite and another architecture
# without touching the system's. Signatures and checksums are checked by apt as ever.
apt_private() {
    local dir=$CACHE/apt-setup
    apt-get -q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$dir/state" -o Dir::State::Status="$dir/status" -o Dir::Cache="$dir/cache" \
        -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 \
        -o APT::Sandbox::User= -o Acquire::Languages=none "$@"
}

# fetch_debs DIR PKG[:ARCH]…: downloads the newest of this machine's Debian into DIR.
fetch_debs() {
    local into=$1 apt=$CACHE/apt-setup key=/usr/share/keyrings/debian-archive-keyring.gpg suite
    shift
    suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
    mkdir -p "$into" "$apt/state/lists/partial" "$apt/cache/archives/partial"
    : >"$apt/status"
    cat >"$apt/sources.list" <<END
deb [signed-by=$key] http://deb.debian.org/debian $suite main
deb [signed-by=$key] http://deb.debian.org/debian-security $suite-security main
END
    apt_private update >/dev/null
    (cd "$into" && apt_private download "$@" >/dev/null)
}

# The Rust standard libraries for the aarch64 agent (static musl, static gnu) that rustup may have brought.
has_rustup_aarch64() { rustup_aarch64 >/dev/null; }
rustup_aarch64() {
    local lib target
    lib=$(cd "$ROOT" && rustc --print sysroot 2>/dev/null)/lib/rustlib || return 1
    for target in aarch64-unknown-linux-musl aarch64-unknown-linux-gnu; do
        [ -d "$lib/$target/lib" ] && echo "$target" && return
    done
    return 1
}

# Where ci/setup unpacks Debian's rustc-web and its aarch64 standard library, when rustup has none.
RUST_WEB=$CACHE/rust-web
