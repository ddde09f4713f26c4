"""Pages come apart into sections and blocks, whatever a documentation site puts between them."""

from __future__ import annotations

from rag.markdown import front_matter, pieces, sections, visible


def _texts(body: str) -> list[str]:
    return [block.text for section in sections(body) for block in section.blocks]


def test_front_matter_is_read_and_taken_off() -> None:
    facts, body = front_matter("---\ntitle: Retries\ntopics: [retry]\n---\n# Retries\n")
    assert facts == {"title": "Retries", "topics": ["retry"]}
    assert body == "# Retries\n"


def test_broken_front_matter_does_not_lose_the_page() -> None:
    facts, body = front_matter("---\ntitle: a: b: c\n---\ntext\n")
    assert facts == {}
    assert body == "text\n"


def test_headings_make_a_path_and_a_deeper_one_ends_with_its_parent() -> None:
    found = list(sections("intro\n\n# A\n\n## B\n\none\n\n### C\n\ntwo\n\n## D\n\nthree\n"))
    assert [s.path for s in found] == [(), ("A", "B"), ("A", "B", "C"), ("A", "D")]


def test_a_fence_is_one_block_even_with_headings_and_blank_lines_inside() -> None:
    (section,) = sections("lead:\n\n```yaml\nid: a\n\n# not a heading\ntasks: []\n```\n")
    assert [b.kind for b in section.blocks] == ["text", "code"]
    assert section.blocks[1].code == "id: a\n\n# not a heading\ntasks: []"


def test_a_fence_inside_a_list_loses_the_indentation_of_the_list() -> None:
    (section,) = sections("- item\n  ```yaml\n  id: a\n  tasks:\n    - id: b\n  ```\n")
    assert section.blocks[1].code == "id: a\ntasks:\n  - id: b"


def test_a_fence_that_never_ends_takes_the_rest_of_the_page() -> None:
    (section,) = sections("```\nhalf\n\n# inside\n")
    assert "# inside" in section.blocks[0].text


def test_longer_fences_hold_shorter_ones() -> None:
    (section,) = sections("````md\n```yaml\nid: a\n```\n````\n")
    assert section.blocks[0].code == "```yaml\nid: a\n```"


def test_a_comment_bounds_the_versions_of_its_section_only() -> None:
    first, second = sections('## A\n<!-- since: "0.23"; removed: "2.0" -->\none\n\n## B\ntwo\n')
    assert (first.since, first.removed) == ("0.23", "2.0")
    assert (second.since, second.removed) == (None, None)


def test_components_become_their_words() -> None:
    body = (
        'import Card from "~/components/Card.astro"\n\n'
        ':::alert{type="warning"}\nMind the gap.\n:::\n\n'
        '<Tabs>\n<TabItem label="Docker">\nRun the image.\n</TabItem>\n</Tabs>\n\n'
        '::collapse{title="More details"}\nHidden text.\n::\n\n<ChildCard />\n'
    )
    joined = "\n".join(_texts(body))
    for words in (["Alert:", "Mind the gap."][1], "Docker:", "Run the image.", "More details:", "Hidden text."):
        assert words in joined
    for noise in ("import Card", "<Tab", "ChildCard", ":::"):
        assert noise not in joined


def test_links_and_images_leave_their_captions() -> None:
    assert _texts("See [the docs](https://example.org/a_(b)) ![shot](/x.png) now.\n") == ["See the docs  now."]


def test_characters_nobody_sees_are_taken_out() -> None:
    assert visible("a\u200bb\u202ec\U000e0041d") == "abcd"
    assert _texts("hid\u200bden\n") == ["hidden"]


def test_lists_come_apart_by_item_and_paragraphs_by_sentence() -> None:
    assert pieces("- one\n  more\n- two") == ["- one\n  more", "- two"]
    assert pieces("First one. Second one! Third?") == ["First one.", "Second one!", "Third?"]
