"""Every change of the rules: in one transaction, and recorded in it."""
