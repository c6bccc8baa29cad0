"""G2RL in pure torch, free of TRL and of any trainer; held, with the embedded engine, to `test/vectors`."""
