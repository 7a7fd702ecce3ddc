"""OneRoster 1.2 rostering, read-only. docs/reference/oneroster.md is the adapter's sheet."""
