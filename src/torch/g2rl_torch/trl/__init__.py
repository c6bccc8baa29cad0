"""TRL's trainer with gradient-guided rewards, and its configuration."""
