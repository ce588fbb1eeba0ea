"""The one error of this package."""


class PackError(Exception):
    """A file cannot be packed, or is not a packed module; the message names the cause and the remedy."""
