"""What the verbs mean, without I/O.

Each verb is a flow: a generator that yields what it wants done (send this,
pause, call back) and is sent the outcome. The sync and the asyncio client each
have one driver for all flows, so nothing about a verb is written twice.
(Sans-I/O: Cory Benfield, "Building Protocol Libraries The Right Way", 2016.)
"""
