"""The suite's options and report, for a call that names this folder."""

pytest_plugins = ["tandem_conformance.plugin"]
