"""How gunicorn serves the site in production; its own logs are JSON lines like ours (`config/logging.py`)."""

import os

from config.logging import logging_config

bind = "0.0.0.0:8000"  # inside its container; only the proxy's port is published
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat file; a disk could stall it
control_socket_disable = True  # nobody steers it from outside
logconfig_dict = logging_config(
    secrets=[os.environ.get("SECRET_KEY", ""), os.environ.get("SIS_API_KEY", "")],
)
