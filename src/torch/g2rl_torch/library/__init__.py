"""What a script of one's own needs: a callback that writes the run folder of any GRPOTrainer."""
