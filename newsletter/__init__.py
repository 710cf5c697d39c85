"""A town hall's month, from spreadsheets to two letters: open pipeline.py first."""
