"""What differs between two, and why?"""
