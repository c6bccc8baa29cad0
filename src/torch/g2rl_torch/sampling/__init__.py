"""Responses to the problems of a benchmark with their features, sampled by transformers or by vLLM."""
