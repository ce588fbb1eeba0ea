"""The main job on real input: count the words of Python's library through one queue; see README.md."""
