"""The torch engine of G2RL Lab: the method in pure torch, a TRL trainer that uses it, and the run directory."""

__version__ = "0.1.0"
