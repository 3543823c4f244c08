"""What must be made again, and who makes it?"""
