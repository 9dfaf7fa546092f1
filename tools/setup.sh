#!/usr/bin/env bash
# usage: tools/setup.sh GROUP...
# Installs the Debian packages of these groups of tools/packages.txt that are missing: as root, else
# through sudo, else it prints the one line that somebody with the rights has to run, and stops.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=()
while read -r group package; do
  [[ " $* " == *" $group "* ]] && wanted+=("$package")
done < <(grep -Ev '^(#|$)' tools/packages.txt)
[[ ${#wanted[@]} -gt 0 ]] || { echo "usage: tools/setup.sh GROUP... (groups: run test)" >&2; exit 2; }

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this system has no apt; make sure you have what Debian calls: ${wanted[*]}" >&2
  exit 0
fi

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
for package in "${wanted[@]}"; do
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
    as_root=(sudo)
  else
    cat >&2 <<EOF
setup: these Debian packages are missing, and installing them needs root: ${missing[*]}
setup: have somebody with the rights run this line, then run the same command again:

  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}

EOF
    exit 1
  fi
fi

echo "setup: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1; }
install() { apt install --no-install-recommends "${missing[@]}"; }
# The package lists may be absent or older than the mirror; only then are they worth fetching.
if ! install; then
  apt update && install || {
    tail -n 15 "$log" >&2
    echo "setup: apt-get could not install ${missing[*]}; its last lines stand above." >&2
    echo "setup: check the network and the disk, then run the same command again." >&2
    exit 1
  }
fi
