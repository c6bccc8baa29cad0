"""Named by TRL's imports."""


class StructuredOutputsParams:
    pass
