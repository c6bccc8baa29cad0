"""What is asked of Hugging Face models: whether a policy can be trained, its head and features, embeddings."""
