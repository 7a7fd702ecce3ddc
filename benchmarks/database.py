"""A database of the benchmark's own, made and dropped again."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from config.embedded_postgres import ensure_database_url

NAME = "tandem_bench_run"
EMBEDDED = Path(__file__).resolve().parent.parent / ".testdb" / "postgres"


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a new, empty database on the server of `DATABASE_URL`, or on the embedded one."""
    url = ensure_database_url(EMBEDDED, is_durable=False)
    _on_server(url, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    _on_server(url, f"CREATE DATABASE {NAME}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
    finally:
        _on_server(url, f"DROP DATABASE {NAME} WITH (FORCE)")


def server_words() -> str:
    """What the server is, for the report."""
    url = ensure_database_url(EMBEDDED, is_durable=False)
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        version, fsync = cursor.fetchone()
    where = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "embedded"
    return f"PostgreSQL {version.split()[0]} ({where}, fsync {fsync})"


def _on_server(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)
