"""From executed notebooks to HTML, PDF and Word."""

from typing import Any


class _InProcess:
    """Stands for `engine.InProcess`, which imports papermill, where papermill itself imports its engines."""

    def __getattr__(self, name: str) -> Any:
        from pipeline.reports.engine import InProcess

        return getattr(InProcess, name)


in_process = _InProcess()
"""The engine as papermill finds it, by the entry point `in-process`."""
