"""Rewards of countdown-rewards.g2rl.json: beside this file, called once for each step."""


def brief(completions, **columns):
    """1 for an empty response, falling to 0 at 30 characters, with a note for people."""
    return [(max(0.0, 1 - len(text) / 30), f"{len(text)} characters") for text in completions]
