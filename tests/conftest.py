"""What every test may use. Tests run against a real PostgreSQL (config/settings/test.py)."""
