"""What ends the demo early, and what makes it smaller."""


class DemoFailed(Exception):
    """Something that was promised did not happen; the message says what."""


class ClientMissing(Exception):
    """There is no consumer in a language; the message says why."""
