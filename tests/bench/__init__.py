"""`make bench`: Interlock and its peers, side by side in one run.

Every figure is a ratio within one run, from interleaved pairs: ours, theirs,
ours, theirs. What is compared runs under the same client, on the same machine,
at the same time of day. `results/` gets JSON and a picture.
"""
