"""Benchmark scores of a policy, with every response kept."""
