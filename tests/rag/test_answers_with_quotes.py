"""Answers rest on passages that stand word for word in the documentation, or say that nothing answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from copilot.ask import NOT_KNOWN, ask
from copilot.draft.text_model import Reply
from copilot.evaluate.ask import evaluate
from rag import Knowledge


class Scripted:
    """A language model that says what it is told to, and keeps what it was asked."""

    name = "scripted"
    model = "scripted"

    def __init__(self, text: str) -> None:
        self.text = text
        self.prompts: list[str] = []

    def generate_text(self, system: str, prompt: str, on_text: Callable[[str], None] | None = None) -> Reply:
        self.prompts.append(prompt)
        return Reply(self.text, 1, 1, 0.0)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("which kinds of retry exist?", "exponential"),
        ("how do I run tasks in parallel?", "Parallel"),
        ("how do I limit a flow to one execution at a time?", "concurrency"),
        ("how long may a task take at most?", "timeout"),
    ],
)
def test_an_answer_is_made_of_quotes_that_stand_in_their_chunks(
    knowledge: Knowledge, question: str, words: str
) -> None:
    answer = ask(question, knowledge, target="1.1")
    assert answer.confident
    assert words in answer.answer
    for citation in answer.citations:
        assert citation.quote in (knowledge.chunk_text(citation.chunk) or "")
        assert citation.quote in answer.answer


def test_a_shown_call_is_repeated_with_the_name_that_was_asked_about(knowledge: Knowledge) -> None:
    answer = ask("how do I use a secret called BILLING_TOKEN in a task?", knowledge, target="1.1")
    assert "{{ secret('BILLING_TOKEN') }}" in answer.answer


def test_a_task_id_with_a_hyphen_is_written_with_brackets(knowledge: Knowledge) -> None:
    answer = ask("{{ outputs.get-rates.body }} fails, the task id has a hyphen", knowledge, target="1.1")
    assert "{{ outputs['get-rates'].body }}" in answer.answer


@pytest.mark.parametrize(
    "question",
    [
        "why did my flow fail last night?",
        "which of our flows did Peter change last week",
        "what does the enterprise edition cost per seat?",
        "who won the chess championship?",
    ],
)
def test_what_the_documentation_cannot_know_is_declined(knowledge: Knowledge, question: str) -> None:
    answer = ask(question, knowledge, target="1.1")
    assert not answer.confident
    assert answer.citations == ()
    assert "not in the documentation" in answer.answer


def test_a_type_that_does_not_exist_is_named_as_such(knowledge: Knowledge) -> None:
    answer = ask("which properties does io.kestra.plugin.telex.Send have?", knowledge, target="1.1")
    assert not answer.confident
    assert "does not exist" in answer.answer
    assert "io.kestra.plugin.telex.Send" in answer.answer


def test_a_model_may_phrase_the_answer_and_its_passages_are_cited(knowledge: Knowledge) -> None:
    model = Scripted("Use a retry block [1].")
    answer = ask("how do I retry a task?", knowledge, target="1.1", provider=model)
    assert answer.answer == "Use a retry block [1]."
    (citation,) = answer.citations
    assert citation.quote == knowledge.chunk_text(citation.chunk)
    assert citation.quote in model.prompts[0]


@pytest.mark.parametrize("reply", ["UNKNOWN", "", "It is so, trust me.", "See passage [9]."])
def test_a_model_that_cites_nothing_it_was_given_does_not_answer(knowledge: Knowledge, reply: str) -> None:
    answer = ask("how do I retry a task?", knowledge, target="1.1", provider=Scripted(reply))
    assert (answer.answer, answer.confident) == (NOT_KNOWN, False)


def test_a_question_nothing_fits_never_reaches_the_model(knowledge: Knowledge) -> None:
    model = Scripted("Sure [1].")
    assert not ask("who painted the mona lisa?", knowledge, target="1.1", provider=model).confident
    assert model.prompts == []


def test_answers_are_scored_by_their_facts_quotes_and_refusals(knowledge: Knowledge) -> None:
    rows = [
        {"id": "a", "question": "which kinds of retry exist?", "answer_contains": [["constant"]], "type": "property"},
        {"id": "b", "question": "which kinds of retry exist?", "answer_contains": [["zebra"]], "type": "property"},
        {"id": "c", "question": "who won the cup?", "answer_contains": [["not in"]], "type": "unanswerable"},
    ]
    report = evaluate(rows, knowledge).as_dict()
    assert report["scores"] == {"answered": 0.5, "quotes_verbatim": 1.0, "declined_right": 1.0}
    assert [f["id"] for f in report["failures"]] == ["b"]
