"""What happens if a driver of a province is another? Tried at once, and kept in the province's file."""

from pipeline.workbench.trial import Trial, what_if

__all__ = ["Trial", "what_if"]
