"""What a rule is: a code, a severity, and a docstring that is its page in the documentation."""

from __future__ import annotations

from typing import ClassVar

from labs.manifest.diagnostic import Diagnostic, Fix, Severity
from labs.manifest.text import Span

__all__ = ["Rule", "all_rules"]


class Rule:
    """Base of all rules; a subclass is one kind of finding and makes its diagnostics with `at`.

    Its docstring has a first line (the title) and the sections What, Why, Wrong and Right.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    why: ClassVar[str]
    next_step: ClassVar[str] = ""

    @classmethod
    def at(
        cls,
        span: Span,
        message: str,
        *,
        why: str | None = None,
        next_step: str | None = None,
        path: str = "",
        fix: Fix | None = None,
        meant: str = "",
    ) -> Diagnostic:
        """One finding of this rule; `why` and `next_step` default to the rule's own words."""
        return Diagnostic(
            cls.code,
            cls.severity,
            message,
            span,
            cls.why if why is None else why,
            cls.next_step if next_step is None else next_step,
            path,
            fix,
            meant,
        )


def all_rules() -> tuple[type[Rule], ...]:
    """Every rule, by code."""
    return tuple(sorted(Rule.__subclasses__(), key=lambda rule: rule.code))
