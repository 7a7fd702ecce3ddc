"""The registrar's console."""
