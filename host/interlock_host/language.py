"""The language of a caller, for metrics: one of a fixed set, whatever the caller sends."""

from __future__ import annotations

import functools
from collections.abc import Iterable

LANGUAGES = ("python", "go", "java", "typescript", "rust", "c", "cpp", "other")
OTHER = "other"
LANGUAGE_KEY = "interlock-language"
_AGENT_KEY = "user-agent"

_AGENTS = (
    ("grpc-python", "python"),
    ("grpc-go", "go"),
    ("grpc-java", "java"),
    ("grpc-kotlin", "java"),
    ("grpc-node", "typescript"),
    ("connect-es", "typescript"),
    ("tonic", "rust"),
    ("grpc-c++", "cpp"),
)


def language_of(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return what `interlock-language` says, or else the user agent."""
    agent: str | bytes = ""
    for key, value in metadata:
        if key == LANGUAGE_KEY:
            return value if isinstance(value, str) and value in LANGUAGES else OTHER
        if key == _AGENT_KEY:
            agent = value
    return _language_of_agent(agent) if isinstance(agent, str) else OTHER


@functools.lru_cache(maxsize=256)
def _language_of_agent(agent: str) -> str:
    # A user agent is words, the application's own first; the first known one decides.
    for word in agent.split():
        for prefix, language in _AGENTS:
            if word.startswith(prefix):
                return language
    return OTHER
