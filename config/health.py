"""`python -m config.health`: exit 0 if the web server on this machine answers, as a proxy would ask it."""

import http.client
import os
import sys

HEALTHY = 200


def main(port: int = 8000) -> int:
    """Ask for `/healthz`. Returns the exit status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    try:
        connection.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return 0 if connection.getresponse().status == HEALTHY else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
