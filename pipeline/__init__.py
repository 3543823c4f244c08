"""The annual green-development report of China's information and communications industry."""

__version__ = "0.1.0"
