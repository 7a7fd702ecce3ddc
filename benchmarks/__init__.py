"""What a merge costs, and what a library that a user would pick instead costs: `make bench`."""
