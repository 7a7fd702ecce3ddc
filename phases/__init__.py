"""What may be edited when, and by whom. Imports nothing of ours."""
