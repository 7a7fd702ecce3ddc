#!/bin/sh
# What the tests need besides Python: Redis and Chromium. Installed on Debian as root; elsewhere the way is said.
# And Prism, which serves the official OneRoster description: in .node, where there is npm.
set -eu

prism=5.16.0
if [ "$(cat .node/prism 2>/dev/null)" = "$prism" ]; then
    :
elif command -v npm >/dev/null; then
    npm install --no-save --no-audit --no-fund --loglevel=error --prefix .node "@stoplight/prism-cli@$prism" >&2
    echo "$prism" > .node/prism
elif [ "${CI:-}" = true ]; then
    echo "The tests need npm (Node.js 20 or newer): on Debian or Ubuntu, sudo apt-get install npm" >&2
    exit 1
else
    echo "There is no npm: the tests of OneRoster against Prism are left out." >&2
fi

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
