"""export and push: what is written is what was trained, and it says how."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from small_models import small_model

Call = Callable[[str], Any]
Refused = Callable[[str], str]


@pytest.mark.parametrize(
    ("kind", "files"),
    [("onnx", {"encoder.onnx", "decoder.onnx", "generator.onnx"}), ("torchscript", {"autoencoder.pt", "generator.pt"})],
)
def test_export_says_how_to_open_it_again(kind: str, files: set[str], call: Call, house: Path) -> None:
    done = call(f"export runs/vae --format {kind} --out exported-{kind}")
    assert done.code == 0, done.err
    assert {file.name for file in (house / f"exported-{kind}").iterdir()} == files
    subjects = [line.strip() for line in done.out.splitlines() if line.startswith(f"  {kind}:")]
    assert len(subjects) == 2
    assert call(f"reconstruct {subjects[0]} --data pics --out again-{kind}").code == 0
    assert call(f"reconstruct runs/vae --data pics --out first-{kind}").code == 0
    pictures = sorted(path.relative_to(house / f"first-{kind}") for path in (house / f"first-{kind}").rglob("*.png"))
    assert len(pictures) == 60
    same = [filecmp.cmp(house / f"first-{kind}" / p, house / f"again-{kind}" / p, shallow=False) for p in pictures]
    assert sum(same) > 50, "but for a value at the edge of rounding"
    assert call(f"sample {subjects[1]} --n 2 --out drawn-{kind}").code == 0


def test_push_without_a_repository_writes_what_it_would_upload(call: Call, house: Path) -> None:
    done = call("push runs/vae --data pics --out shared")
    assert done.code == 0, done.err
    card = (house / "shared" / "README.md").read_text()
    for words in ("acutance train vae --data pics", "| `psnr` | ", "held-out images of `pics`", "--latents 8"):
        assert words in card
    assert call("sample shared --n 2 --out from-shared").code == 0


def test_push_uploads_the_folder(call: Call, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, str] = {}

    class Client:
        def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> None:
            sent["repo"] = f"{repo_id} {private} {exist_ok}"

        def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> None:
            sent.update({file.name: file.read_text() for file in Path(folder_path).glob("*.[mj][ds]*")})

    monkeypatch.setattr(huggingface_hub, "HfApi", Client)
    done = call("push runs/gan --data pics --repo me/blobs --private")
    assert done.code == 0, done.err
    assert sent["repo"] == "me/blobs True True"
    assert 'from_pretrained("me/blobs")' in sent["README.md"] and "acutance sample hub:me/blobs" in sent["README.md"]
    assert {"config.json", "run.json"} <= sent.keys()


def test_push_names_every_file_that_it_writes_or_uploads(
    call: Call, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: set[str] = set()

    class Client:
        def create_repo(self, repo_id: str, *, private: bool | None, exist_ok: bool) -> None:
            pass

        def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> None:
            sent.update(file.name for file in Path(folder_path).iterdir())

    monkeypatch.setattr(huggingface_hub, "HfApi", Client)
    files = {"README.md", "config.json", "model.safetensors", "run.json", "options.json", "training_digests.npy"}
    done = call("push runs/vae --data pics --out shared-told --repo me/told")
    assert done.code == 0, done.err
    assert sent == files == {file.name for file in (house / "shared-told").iterdir()}
    written, uploaded = (
        next(line for line in done.out.splitlines() if line.startswith(word)) for word in ("written", "uploaded")
    )
    for said in (written, uploaded, call("push --help").out):
        assert not {file for file in files if file not in said}, said


def test_push_names_no_file_that_a_model_does_not_have(call: Call, house: Path) -> None:
    (house / "bare").mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(house / "runs" / "vae" / name, house / "bare" / name)
    done = call("push bare --data pics --out shared-bare")
    assert done.code == 0, done.err
    files = sorted(file.name for file in (house / "shared-bare").iterdir())
    assert files == ["README.md", "config.json", "model.safetensors"]
    assert f"written to shared-bare: {', '.join(files)}\n" in done.out
    assert "On 60 images of `pics`, perhaps trained on" in (house / "shared-bare" / "README.md").read_text()


def test_a_card_says_where_a_model_was_measured_on_what_it_was_trained_on(call: Call, house: Path) -> None:
    done = call("push runs/vae --data pics --all-images --out shared-seen")
    assert done.code == 0, done.err
    card = (house / "shared-seen" / "README.md").read_text()
    assert "On 60 images of `pics`, those trained on too" in card
    assert "held-out" not in card.partition("## Readings")[2]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("push runs/vae --data pics", "give --repo OWNER/NAME to upload, or --out DIR"),
        ("push runs/vae --data pics --repo blobs", "a repository is called OWNER/NAME, got 'blobs'"),
        ("push runs/nothing --data pics --out x", "there is no folder 'runs/nothing'"),
        ("push runs/vae --data pics --out pics", "has files in it"),
        ("push pairs:pics:pics --data pics --out x", "was made elsewhere"),
        ("export runs/vae --out x", "--format must be given"),
        ("export runs/vae --format onxx --out x", "onxx"),
        ("export runs/vae --format onnx --out pics", "has files in it"),
        ("export pairs:pics:pics --format onnx --out x", "was made elsewhere"),
    ],
)
def test_what_cannot_be_shared_is_refused(line: str, said: str, refused: Refused, house: Path) -> None:
    assert said in refused(line)
    assert not (house / "x").exists()


FROZEN = "is drawn once and frozen in the graph, the same for every image"


@pytest.mark.parametrize(
    ("family", "changes", "part"),
    [
        ("pix2pix", {}, "translator"),
        ("pix2pix", {"noise": "none"}, None),
        ("flow_decoder", {}, "decoder"),
        ("energy_decoder", {}, "decoder"),
        ("adversarial_decoder", {}, None),
        ("vae", {}, None),
    ],
)
def test_export_says_where_noise_is_frozen(
    family: str, changes: dict[str, Any], part: str | None, call: Call, tmp_path: Path
) -> None:
    small_model(family, **changes).save_pretrained(tmp_path / "model")
    done = call(f"export {tmp_path}/model --format torchscript --out {tmp_path}/exported")
    assert done.code == 0, done.err
    told = [line for line in done.out.splitlines() if FROZEN in line]
    assert told == ([] if part is None else [f"the noise of its {part} {FROZEN}"])
