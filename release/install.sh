#!/bin/sh
# Installs dockgen's released binary for Linux and macOS.
#
#   curl -fsSL https://github.com/OWNER/dockgen/releases/latest/download/install.sh | sh
#
# DOCKGEN_VERSION   a release, such as 0.1.0; the latest by default
# DOCKGEN_HOME      the folder for the binary; ~/.local/bin by default
# DOCKGEN_FROM      where the archives lie, in place of the releases: an address, or file:///FOLDER
set -eu

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

repository=OWNER/dockgen
home=${DOCKGEN_HOME:-$HOME/.local/bin}
if [ -n "${DOCKGEN_FROM:-}" ]; then
  from=$DOCKGEN_FROM
elif [ "${repository%/*}" = OWNER ]; then
  fail "dockgen has not been published yet: build it with \`cargo install --path .\` in a checkout"
elif [ -n "${DOCKGEN_VERSION:-}" ]; then
  from=https://github.com/$repository/releases/download/v$DOCKGEN_VERSION
else
  from=https://github.com/$repository/releases/latest/download
fi

case $(uname -s) in
  Linux) system=unknown-linux-musl ;;
  Darwin) system=apple-darwin ;;
  *) fail "no binary for $(uname -s): on Windows use install.ps1, elsewhere \`cargo install dockgen\`" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) fail "no binary for $(uname -m): \`cargo install dockgen\` builds one" ;;
esac
file=dockgen-$machine-$system.tar.gz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
get() { # ADDRESS FILE
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is here"
  fi || fail "$1 cannot be fetched"
}
get "$from/$file" "$work/$file"
get "$from/$file.sha256" "$work/$file.sha256"

cd "$work"
if command -v sha256sum >/dev/null; then
  sha256sum -c "$file.sha256" >/dev/null || fail "the checksum of $file is not the published one: nothing was installed"
else
  shasum -a 256 -c "$file.sha256" >/dev/null || fail "the checksum of $file is not the published one: nothing was installed"
fi
tar -xzf "$file"
mkdir -p "$home"
# A new file and a rename: a dockgen that runs keeps its own.
cp "dockgen-$machine-$system/dockgen" "$home/.dockgen-new"
chmod 755 "$home/.dockgen-new"
mv -f "$home/.dockgen-new" "$home/dockgen"
echo "installed $("$home/dockgen" --version) to $home/dockgen"
case :$PATH: in
  *":$home:"*) ;;
  *) echo "$home is not on your PATH: add it, for example with  export PATH=\"$home:\$PATH\"" ;;
esac
