"""Is a file the one that was published, do its numbers hold, and does it come out again?"""
