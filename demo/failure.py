"""What ends the demo early."""


class DemoFailed(Exception):
    """Something that was promised did not happen; the message says what."""
