"""Histories of a real daemon under real concurrency, judged by Porcupine."""
