"""A synthetic institution, written as an exchange folder: for benchmarks, demos and trials."""
