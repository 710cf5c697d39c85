"""Programs of their own, started by `sandbox`: strangers' bytes on standard input → JSON lines on standard output.

Each gives itself its limits, imports nothing of the newsletter, and may die alone.
"""
