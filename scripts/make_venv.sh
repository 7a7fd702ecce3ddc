#!/bin/sh
# Makes .venv with the first Python that is new enough.
set -eu

for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            echo "$python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2
            exit 1
        fi
        exec "$python" -m venv .venv
    fi
done
echo "Tandem needs Python 3.11 or newer, and found none. Install it, or say where it is: make PYTHON=/path/to/python3" >&2
exit 1
