"""A run: its process, its directory, the training job and what happens around the trainer's steps."""
