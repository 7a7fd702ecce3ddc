"""SIS adapters, merges, outbound delivery."""
