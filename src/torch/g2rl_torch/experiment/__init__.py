"""The experiment file as this engine reads it: frozen dataclasses, parsed once and checked field by field."""
