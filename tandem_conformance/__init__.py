"""The contract of `integration.sis.port` as a test suite for any adapter.

``pytest --pyargs tandem_conformance --sis-url …`` runs it; docs/how-to/write-an-adapter.md says how.
"""

import pytest

pytest.register_assert_rewrite(
    *(
        f"tandem_conformance.{name}"
        for name in (
            "at_rest_contract",
            "fault_contract",
            "paging_contract",
            "reading_contract",
            "sis_under_test",
            "writing_contract",
        )
    )
)
