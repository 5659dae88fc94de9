"""The order of a question's options gives nothing away."""

from __future__ import annotations

from labs import course


def test_the_right_option_is_not_always_at_the_same_place() -> None:
    places = [
        next(i for i, option in enumerate(question.options) if option.correct or option.check)
        for lesson in course.catalogue().lessons
        for question in lesson.questions()
    ]
    assert len(places) > 5
    assert max(places.count(place) for place in set(places)) <= 0.6 * len(places)
