"""Rewards of the user's own: functions and programs, each in a process beside the trainer."""
