#!/bin/sh
# What the tests need besides Python: Redis and Chromium. Installed on Debian as root; elsewhere the way is said.
set -eu

missing=""
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v chromium >/dev/null || missing="$missing chromium"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
    apt-get update -q
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
    exit 0
fi
echo "The tests need$missing. On Debian or Ubuntu: sudo apt-get install$missing" >&2
echo "On macOS: brew install redis, and brew install --cask chromium. Elsewhere: from your system's packages." >&2
exit 1
