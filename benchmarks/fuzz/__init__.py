"""Mutated files through every reader: nothing but a table, a problem or a refusal may come out.

python -m benchmarks.fuzz [--inputs 100000] [--seed N] [--minutes M] [--replay NUMBER]

seeds     real files to start from      hostile   what no agenda should hold, and some do
changes   a file → a broken one         drawn     tables made up from nothing
inputs    a number → an input           judge     what came out, looked at
nursery   children that start in 2 ms   zips      workbooks, the same at any hour
"""
