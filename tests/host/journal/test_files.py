"""Files that are missing, twice, strange, or of another journal."""

from __future__ import annotations

import pytest

from interlock_host.journal import FOREVER, Journal, JournalDamaged, scan
from tests.host.journal.sample import EXACT, REFUSED, STAMP, Author, files, holding, judge
from tests.host.snapshot.memory_disk import MemoryDisk


def three_files() -> tuple[Author, dict[str, bytes]]:
    """Two entries a file, all of one instance."""
    disk = MemoryDisk()
    author = Author(Journal(disk, segment_bytes=10, stamp=STAMP))
    first = author.create()
    author.call(first)
    author.flush()
    for _ in range(2):
        author.call(first)
        author.call(first)
        author.flush()
    author.journal.close()
    return author, files(disk)


def other_journal() -> tuple[Author, dict[str, bytes]]:
    """The same entries under another stamp."""
    disk = MemoryDisk()
    author = Author(Journal(disk, segment_bytes=10, stamp=STAMP + 1))
    first = author.create()
    author.call(first)
    author.flush()
    author.call(first)
    author.flush()
    return author, files(disk)


def test_the_middle_file_is_missing() -> None:
    author, content = three_files()
    _, middle, last = sorted(content)
    del content[middle]
    damage = scan(holding(content)).damaged(1)
    assert damage is not None and (damage.path, damage.offset, damage.lsn, damage.until) == (last, 0, 3, 4)
    assert judge(holding(content), author.entries, marked=6) == REFUSED


def test_the_middle_file_is_empty() -> None:
    author, content = three_files()
    _, middle, _ = sorted(content)
    content[middle] = b""
    assert judge(holding(content), author.entries, marked=6) == REFUSED


def test_the_first_file_is_missing() -> None:
    """As if it had been dropped: only a snapshot can tell."""
    author, content = three_files()
    del content[min(content)]
    found = scan(holding(content))
    assert found.damage == [] and found.first_lsn == 3
    assert found.damaged(1) is not None
    assert list(found.entries(1, 2)) == author.entries[2:]


@pytest.mark.parametrize("lsn", [2, 4, 6, 99])
def test_a_file_twice(lsn: int) -> None:
    """A copy costs nothing, and is told of; but one that comes before another file looks like a gap."""
    author, content = three_files()
    for path in sorted(content):
        name = f"journal/{lsn:020}.log"
        copied = {**content, name: content[path]}
        leaps = lsn == 2 and path == max(content)
        assert judge(holding(copied), author.entries, marked=6) == (REFUSED if leaps else EXACT)
        if lsn == 99 and path != max(content):  # a copy of the last batch is what every opening leaves
            assert any("copy" in note.text for note in scan(holding(copied)).notes)


def test_a_file_under_another_name() -> None:
    author, content = three_files()
    renamed = {path.replace("0001.log", "0002.log"): data for path, data in content.items()}
    assert judge(holding(renamed), author.entries, marked=6) == EXACT


def test_an_empty_file_at_the_end() -> None:
    """What a host leaves that dies between making a file and writing to it."""
    author, content = three_files()
    content["journal/00000000000000000007.log"] = b""
    assert judge(holding(content), author.entries, marked=6) == EXACT


def test_a_strange_file() -> None:
    author, content = three_files()
    content["journal/notes.txt"] = b"do not delete"
    content["journal/1.log"] = b""
    disk = holding(content)
    assert judge(disk, author.entries, marked=6) == EXACT
    assert [note.path for note in scan(disk).notes] == ["journal/1.log", "journal/notes.txt"]
    assert disk.files["journal/notes.txt"] == b"do not delete"


def test_an_unfinished_file_is_removed() -> None:
    author, content = three_files()
    content["journal/00000000000000000005.tmp"] = content[max(content)][:50]
    disk = holding(content)
    assert judge(disk, author.entries, marked=6) == EXACT
    assert not any(path.endswith(".tmp") for path in disk.files)


def test_noise_where_the_next_file_would_be_is_cut() -> None:
    author, content = three_files()
    content["journal/00000000000000000007.log"] = b"noise" * 99
    found = scan(holding(content))
    assert found.cut is not None and (found.cut.lsn, found.cut.offset, found.cut.bytes) == (7, 0, 495)
    judge(holding(content), author.entries, marked=6)


@pytest.mark.parametrize("lsn", [4, 9, 10**19])
def test_noise_where_no_file_would_be_is_refused(lsn: int) -> None:
    """No host of ours left it, so nobody may write behind it or remove it."""
    author, content = three_files()
    path = f"journal/{lsn:020}.log"
    disk = holding({**content, path: b"noise" * 99})
    if lsn == 4:
        assert judge(disk, author.entries, marked=6) == EXACT, "what is behind it shows that nothing is lost"
        return
    (damage,) = scan(disk).damage
    assert (damage.path, damage.offset, damage.lsn, damage.until) == (path, 0, 7, FOREVER)
    assert judge(disk, author.entries, marked=6) == REFUSED
    assert disk.files[path] == b"noise" * 99


@pytest.mark.parametrize("lsn", [2, 3, 5, 7, 8])
def test_a_file_of_another_journal(lsn: int) -> None:
    author, content = three_files()
    foreign = other_journal()[1]
    path = f"journal/{lsn:020}.log"
    replaced = path in content
    disk = holding({**content, path: min(foreign.values())})
    verdict = judge(disk, author.entries, marked=6)
    assert verdict == (REFUSED if replaced or lsn > 6 else EXACT)
    if verdict == REFUSED:
        assert "another journal" in str(scan(disk).damaged(1))


def test_a_file_of_an_older_copy() -> None:
    """Two histories of one journal: a copy was put back, and went on differently."""
    _, content = three_files()
    first, middle, last = sorted(content)
    disk = holding({first: content[first]})
    author = Author(Journal(disk))
    author.go_on(Journal(disk, segment_bytes=10), list(scan(disk).all()))
    author.call(1, b"another")
    author.call(1, b"history")
    author.flush()
    mixed = {**files(disk), last: content[last]}
    assert sorted(mixed) == [first, middle, last]
    (damage,) = scan(holding(mixed)).damage
    assert (damage.path, damage.offset, damage.lsn, damage.until) == (last, 0, 5, FOREVER)
    with pytest.raises(JournalDamaged, match="does not follow"):
        Journal(holding(mixed))


def test_files_that_overlap() -> None:
    """The same LSNs with other entries: which are the right ones is nobody's guess."""
    _, content = three_files()
    disk = holding({path: content[path] for path in sorted(content)[:1]})
    author = Author(Journal(disk))
    author.go_on(author.journal, list(scan(disk).all()))
    author.call(1, b"another history")
    author.flush()
    overlapping = {
        **content,
        "journal/00000000000000000004.log": files(disk)["journal/00000000000000000003.log"],
    }
    found = scan(holding(overlapping))
    (damage,) = found.damage
    assert damage.path.endswith("04.log") and (damage.offset, damage.until) == (0, FOREVER)
    assert found.damaged(1) is not None
    with pytest.raises(JournalDamaged, match="other entries"):
        Journal(holding(overlapping))


def test_a_file_that_is_dropped_while_others_are_read() -> None:
    author, content = three_files()
    disk = holding(content)
    path = min(content)
    disk.failing = lambda step, at: FileNotFoundError(2, "gone", at) if (step, at) == ("read", path) else None
    found = scan(disk)
    assert (found.first_lsn, found.damage) == (3, [])
    assert list(found.entries(1, 2)) == author.entries[2:]


def test_a_file_that_cannot_be_read_is_named() -> None:
    _, content = three_files()
    disk = holding(content)
    path = min(content)
    disk.failing = lambda step, at: (
        OSError(5, "Input/output error", at) if (step, at) == ("read", path) else None
    )
    with pytest.raises(OSError, match=r"0001\.log"):
        scan(disk)
