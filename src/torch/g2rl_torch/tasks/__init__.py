"""What is learned and measured: prompts, verdicts, benchmarks; the same as in the embedded engine."""
