from pathlib import Path

import pytest

from biami_engine.errors import ConfigError
from biami_engine.yaml_tree import MAX_FILE_BYTES, line_of, read_tree


def test_the_line_of_the_deepest_part_there_is(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\nb:\n  - c: 2\n  - d: {e: 3}\n")
    tree = read_tree(file)
    for path, line in (((), 1), (("a",), 1), (("b", 1), 4), (("b", 1, "d", "e"), 4), (("b", 0, "x"), 3), (("z",), 1)):
        assert line_of(tree, path) == line, path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1\nb: 2\n", "a.yaml:2: is not YAML"),
        (b"a: 1\na: 2\n", "a.yaml:2: is not YAML: found duplicate key"),
        (b"a: \xff", "is not UTF-8 text"),
        (b"#" * (MAX_FILE_BYTES + 1), "is larger than 1000 kB"),
        (b"[" * 100_000, "is not YAML"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_tree(file)
    assert said in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_tree(tmp_path / "none.yaml")
