from __future__ import annotations

import sys
from pathlib import Path

import pytest

from acutance.catalog import Catalog, did_you_mean
from acutance.errors import AcutanceError, ConfigError


@pytest.fixture
def fruits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A catalog in a package made on the spot, with an entry of every kind."""
    package = tmp_path / "fruitshop"
    package.mkdir()
    sources = {
        "__init__": "",
        "apple": "ENTRY = 'an apple'",
        "pear": "ENTRY = 'a pear'",
        "_peel": "ENTRY = 'a part'",
        "stone": "OTHER = 1",
        "broken": "import no_such_library_at_all",
    }
    for name, text in sources.items():
        (package / f"{name}.py").write_text(text + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "fruitshop"]:
        monkeypatch.delitem(sys.modules, name)
    return Catalog("fruitshop", noun="fruit", attribute="ENTRY")


def test_names_are_the_files_without_underscore(fruits: Catalog) -> None:
    assert fruits.names() == ["apple", "broken", "pear", "stone"]


def test_a_new_file_is_a_new_entry(fruits: Catalog, tmp_path: Path) -> None:
    (tmp_path / "fruitshop" / "fig.py").write_text("ENTRY = 'a fig'\n")
    assert "fig" in fruits.names()
    assert fruits.load("fig") == "a fig"


def test_names_import_no_entry(fruits: Catalog) -> None:
    fruits.names()
    assert not [name for name in sys.modules if name.startswith("fruitshop.")]


def test_load_imports_only_what_is_asked_for(fruits: Catalog) -> None:
    assert fruits.load("pear") == "a pear"
    assert [name for name in sys.modules if name.startswith("fruitshop.")] == ["fruitshop.pear"]


def test_a_missing_entry_suggests_the_nearest(fruits: Catalog) -> None:
    with pytest.raises(ConfigError, match=r"no fruit is called 'aple'; did you mean 'apple'\? known: apple, broken"):
        fruits.load("aple")


def test_a_word_near_nothing_still_lists_what_is_known(fruits: Catalog) -> None:
    with pytest.raises(ConfigError, match=r"no fruit is called 'xyzzy'; known: apple"):
        fruits.load("xyzzy")


def test_a_part_is_no_entry(fruits: Catalog) -> None:
    with pytest.raises(ConfigError, match="no fruit is called '_peel'"):
        fruits.load("_peel")


def test_a_broken_entry_says_why(fruits: Catalog) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library_at_all"):
        fruits.load("broken")


def test_a_broken_entry_is_not_skipped_by_the_loop(fruits: Catalog) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library_at_all"):
        dict(fruits)


def test_a_module_without_the_attribute_is_refused(fruits: Catalog) -> None:
    with pytest.raises(ConfigError, match=r"fruitshop\.stone is not a fruit: it defines no 'ENTRY'"):
        fruits.load("stone")


def test_the_loop_gives_name_and_entry(fruits: Catalog, tmp_path: Path) -> None:
    for name in ("broken", "stone"):
        (tmp_path / "fruitshop" / f"{name}.py").unlink()
    assert dict(fruits) == {"apple": "an apple", "pear": "a pear"}


def test_a_wrong_name_is_one_of_the_errors_that_end_with_code_2() -> None:
    assert issubclass(ConfigError, AcutanceError)
    assert issubclass(ConfigError, ValueError)


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("gam", ["gan", "vae"], "did you mean 'gan'? known: gan, vae"),
        ("transformer", ["gan", "vae"], "known: gan, vae"),
    ],
)
def test_did_you_mean(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said
