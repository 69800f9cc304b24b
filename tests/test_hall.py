"""The return that tests of verdicts start from is itself in order."""

from hall import checked, findings


def test_nothing_but_the_explained_indicator_is_found() -> None:
    assert findings({}) == []
    (finding,) = checked({}).reviewed.outcome.findings
    assert finding.rule.id == "I01"
    assert finding.explained
