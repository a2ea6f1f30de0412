"""Regular expressions that are compiled when they are first used: a command uses few of those that its modules have."""

from __future__ import annotations

import re
from typing import Any, cast


class _Pending:
    """Has the attributes of the compiled expression once they are asked for."""

    def __init__(self, text: str, flags: int) -> None:
        self.text, self.flags_given = text, flags

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(re.compile(self.text, self.flags_given), name)
        return found


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile`` gives, later."""
    return cast("re.Pattern[str]", _Pending(text, flags))
