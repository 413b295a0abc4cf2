"""Train one model on images of your own, or on the built-in ones."""

from __future__ import annotations

from collections.abc import Sequence

from acutance.cli._parse import help_text
from acutance.errors import ConfigError

__all__ = ["run"]

EXAMPLES = (
    "acutance train vae --data builtin:icons --out runs/vae",
    "acutance train vae --data photos/ --size 32 --images 100000 --latents 128 --out runs/vae128",
    "acutance train vae --data photos/ --out runs/vae128 --resume",
    "acutance train vae --data builtin:icons --sigma 0.5 --kl-weight 2 --out runs/noisy --dry-run",
    "acutance train spatial_vae --data builtin:photos --mixed-precision bf16 --out runs/photos",
    "acutance train adversarial_decoder --of runs/vae --data builtin:icons --out runs/crisp",
    "acutance train flow_decoder --of runs/vae --data builtin:icons --out runs/flow",
    "acutance train energy_decoder --of runs/vae --data builtin:icons --out runs/energy",
    "acutance train refit_decoder --of zoo:icons-vae --likelihood laplace --data builtin:icons --out runs/l1",
)


def run(words: Sequence[str]) -> None:
    """Trains, and leaves the model, its log and its checkpoint in the run's folder."""
    if {"-h", "--help"} & {*words[:1]}:
        print(_presets_text())
        return
    if not words or words[0].startswith("-"):
        came = f"got {words[0]!r}" if words else "got nothing"
        raise ConfigError(
            f"the preset comes first, {came}; acutance train PRESET --data SOURCE --out RUN, with one of "
            f"{', '.join(_known())}"
        )
    from acutance.cli._run_options import asked
    from acutance.cli._training import begin

    begin(asked(words[0], words[1:], _examples(words[0])))


def _known() -> dict[str, str]:
    from acutance.models import presets

    return {name: preset.about for name, preset in presets().items()}


def _examples(name: str) -> list[str]:
    """Those above, or else the command that the preset itself states; of an unknown preset none."""
    from acutance.models import presets

    own = [preset.expect.partition(": ")[0] for known, preset in presets().items() if known == name]
    return [example for example in EXAMPLES if f" train {name} " in example] or own


def _presets_text() -> str:
    known = _known()
    width = max(map(len, known))
    lines = "\n".join(f"  {name:<{width}} {about}" for name, about in known.items())
    about = (
        "usage: acutance train PRESET --data SOURCE --out RUN [options]\n\n"
        "Train one model on images. A preset is a family with a default for every option; each is an option here.\n\n"
        f"Presets:\n{lines}\n\n"
        "'acutance train PRESET --help' lists the options of that family, their defaults and what they mean."
    )
    return help_text(about, EXAMPLES)
