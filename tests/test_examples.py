"""Every example runs, on something small, and shows what it says it shows."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from acutance.models import families

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SMALL = {"widths": (8,), "latents": 4}
SOURCE = "synthetic:dead-leaves?n=120"


def example(number: int) -> dict[str, Any]:
    (path,) = EXAMPLES.glob(f"{number:02d}_*.py")
    return runpy.run_path(str(path))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACUTANCE_CACHE", str(tmp_path / "cache"))


def test_examples_are_short_and_numbered_and_all_are_tested() -> None:
    files = sorted(EXAMPLES.glob("*.py"))
    assert [path.name[:3] for path in files] == [f"{i + 1:02d}_" for i in range(len(files))]
    assert not {path.name: n for path in files if (n := len(path.read_text().splitlines())) > 60}
    here = Path(__file__).read_text()
    assert not [path.name for path in files if f"example({int(path.name[:2])})" not in here]


def test_train_and_reconstruct(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = example(1)["main"]
    main(SOURCE, str(tmp_path), images=256, model=families.load("vae")(**SMALL))
    assert (tmp_path / "reconstructions.png").read_bytes().startswith(b"\x89PNG")
    assert "decoder_sigma" in capsys.readouterr().out


def test_measure_two_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = example(2)["main"](SOURCE, SOURCE)
    assert found["averaging_slope"] == pytest.approx(1)
    assert "rightly there" in capsys.readouterr().out


def test_detail_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vae = families.load("vae")(**SMALL)
    crisp = families.load("adversarial_decoder")(critic_widths=(8,))
    example(3)["main"](SOURCE, str(tmp_path), images=256, vae=vae, crisp=crisp)
    document = json.loads((tmp_path / "comparison.json").read_text())
    assert [one["subject"]["name"] for one in document["subjects"]] == ["vae", "crisp"]
    assert "coherence" in capsys.readouterr().out


def test_blur_with_a_known_answer(capsys: pytest.CaptureFixture[str]) -> None:
    expected, measured = example(4)["main"]("synthetic:dead-leaves?n=120", count=100)
    assert measured == pytest.approx(expected, rel=0.05)


def test_diagnose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = families.load("vae")(**SMALL, sigma=0.5)
    found = example(5)["main"](SOURCE, str(tmp_path), images=256, model=model)
    assert sum(place.share for place in found.locations) == pytest.approx(1)
    assert json.loads((tmp_path / "diagnosis.json").read_text())["subject"]["name"] == "VAE, sigma 0.5"
    assert found.answer in capsys.readouterr().out


def test_your_own_model(capsys: pytest.CaptureFixture[str]) -> None:
    found = example(6)["main"](SOURCE, components=3)
    assert found.locations[0].location == "bottleneck"
    assert found.audit.detached == ("edges",)
    assert "edges is detached" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_notebook_runs_and_shows_pictures_numbers_a_bar_and_the_page() -> None:
    import nbformat  # here, because notebooks are for those who have the extra
    from nbclient import NotebookClient

    notebook = nbformat.read(EXAMPLES / "07_notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output["data"] for output in outputs if "data" in output]
    kinds = ("image/png", "text/html", "application/vnd.jupyter.widget-view+json")
    assert all(any(kind in data for data in shown) for kind in kinds)
    assert any("<td>mtf50</td>" in data.get("text/html", "") for data in shown)
    assert any("<iframe" in data.get("text/html", "") for data in shown)
    assert any("Change this first" in output.get("text", "") for output in outputs)
