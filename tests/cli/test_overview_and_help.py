"""What is said before anything is done: overview, help, and how soon."""

from __future__ import annotations

import subprocess
import sys

import pytest

from acutance.cli import main
from acutance.cli._overview import COMMANDS, about

PROMISED = {"compare", "demo", "diagnose", "interpolate", "measure", "reconstruct", "sample", "train"}


def test_the_commands_are_those_promised() -> None:
    assert {*COMMANDS.names()} >= PROMISED


def test_alone_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    alone = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == alone
    for name in PROMISED:
        assert f"  {name} " in alone
        assert about(name) in alone
    assert max(map(len, alone.splitlines())) <= 120


def test_every_kind_of_subject_and_of_pairs_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    from acutance.subjects._open import KINDS

    main([])
    alone = capsys.readouterr().out
    subjects = alone.partition("SUBJECT")[2].partition("Begin")[0]
    assert not {kind for kind in KINDS.names() if kind != "run" and f"{kind}:" not in subjects}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from acutance import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"acutance {__version__}\n"


@pytest.mark.parametrize("words", [*([name] for name in sorted(PROMISED)), ["train", "vae"], ["train", "gan"]])
def test_every_help_text_has_examples_that_name_the_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    said = capsys.readouterr().out
    examples = said.split("Examples:\n")[1]
    assert f"  acutance {' '.join(words)} " in examples or examples.startswith(f"  acutance {' '.join(words)}\n")
    for noise in ("(default: None)", "(default: False)", "(default: )"):
        assert noise not in said


def test_train_help_lists_the_presets_and_a_preset_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    from acutance.models import presets

    main(["train", "--help"])
    said = capsys.readouterr().out
    for name, preset in presets().items():
        assert name in said
        assert preset.about in said
    main(["train", "vae", "--help"])
    vae = capsys.readouterr().out
    for words in ("--latents", "--kl-weight", "--sigma", "--mixed-precision", "--ema", "--batch-size", "default: 64"):
        assert words in vae
    main(["train", "adversarial_decoder", "--help"])
    crisp = capsys.readouterr().out
    assert "--of" in crisp
    assert "--base" not in crisp, "what no word can fill is no option"
    assert "--kl-weight" not in crisp


def test_the_example_of_a_preset_names_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    for name, needs in (("pix2pix", "builtin:icon-pairs"), ("flow_decoder_64", "--of RUN"), ("vae_64", "--size 64")):
        main(["train", name, "--help"])
        example = capsys.readouterr().out.split("Examples:\n")[1].splitlines()[0]
        assert f"acutance train {name} " in example
        assert needs in example


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\nfrom acutance.cli import main\n"
        "for words in (['--help'], ['sample', '--help'], ['measure', '--help'], ['sampel'], ['sample', '--nn']):\n"
        "    main(words)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_refusal_in_its_own_process() -> None:
    done = subprocess.run([sys.executable, "-m", "acutance", "sampel", "x"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("acutance sampel: no command is called 'sampel'; did you mean 'sample'?")
    assert len(done.stderr.splitlines()) == 1
