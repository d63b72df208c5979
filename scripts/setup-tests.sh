#!/usr/bin/env bash
# Sees to it that the tests find redis-server, and chromium and (under CI=true) haproxy and nats-server as well where that is possible: without
# these the tests of pages, of deploy/ and of peers skip what needs them. They start and stop their own instances. Starts nothing and stops nothing.
set -euo pipefail

# 7.0 or newer.
have_redis() {
  command -v redis-server >/dev/null && [[ "$(redis-server --version)" =~ v=([0-9]+)\. ]] && [ "${BASH_REMATCH[1]}" -ge 7 ]
}
packages=()
have_redis || packages+=(redis-server)
command -v chromium >/dev/null || packages+=(chromium)
if [ "${CI:-}" = true ]; then
  for program in haproxy nats-server; do command -v "$program" >/dev/null || packages+=("$program"); done
fi
[ ${#packages[@]} -eq 0 ] && exit 0

how_to() {
  have_redis && exit 0
  cat >&2 <<'TEXT'
The tests need redis-server (7.0 or newer) on the PATH; they start their own instances on free ports. Install it and run again:
  Debian, Ubuntu:  sudo apt-get install redis-server
  Fedora:          sudo dnf install redis
  macOS:           brew install redis
Your package may start a service of its own; the tests neither use nor need it.
TEXT
  exit 1
}

# What is there and too old is somebody's: it is not replaced.
if ! have_redis && command -v redis-server >/dev/null; then how_to; fi
command -v apt-get >/dev/null || how_to
if [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  how_to
fi

# Debian's package starts a service when it is installed. A policy of 101 ("not allowed") keeps it from doing so; one that is there already stays.
policy=/usr/sbin/policy-rc.d
own_policy=no
cleanup() {
  if [ "$own_policy" = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
}
trap cleanup EXIT
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  own_policy=yes
fi

echo "Installing ${packages[*]} for the tests (no service is left running) ..." >&2
log=$(mktemp)
# One at a time: what one distribution lacks does not keep the others away.
install() {
  local package failed=0
  for package in "${packages[@]}"; do
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" >>"$log" 2>&1 || failed=1
  done
  return $failed
}
if ! install && ! { "${as_root[@]}" apt-get update >"$log" 2>&1 && install; }; then
  tail -n 15 "$log" >&2
  rm -f "$log"
  how_to
fi
rm -f "$log"
# They were not there before, so nobody has asked for their services: not now, not after the next boot.
for package in "${packages[@]}"; do
  if [ "$own_policy" = no ]; then "${as_root[@]}" service "$package" stop >/dev/null 2>&1 || true; fi
  if [ -d /run/systemd/system ]; then "${as_root[@]}" systemctl disable --quiet "$package.service" 2>/dev/null || true; fi
done
have_redis || how_to
