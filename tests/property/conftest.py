"""How hard Hypothesis searches: quickly and the same every time in `make test`, longer in `make test-all`."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("long", settings.get_profile("ci"), max_examples=2000)
settings.load_profile("long" if os.environ.get("TANDEM_LONG") == "1" else "ci")
