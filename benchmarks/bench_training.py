"""Training speed of one VAE in three harnesses: ours, a plain float32 loop, pythae's trainer.

Same encoder, decoder, loss up to a constant, optimiser (Adam), batch size and images; in turn, several rounds,
medians. Ours keeps averaged weights, clips gradients, watches for collapse and writes nothing but its log; the plain
loop does none of this. Each contestant has a process of its own, which sleeps while the others run: ours tells the C
library to keep freed memory, and in one process the others would profit from it (`--together` measures that).
Appends a dated line a row to benchmarks/results/training.jsonl.

    python benchmarks/bench_training.py [--batch-size 64] [--images 3200] [--rounds 5] [--threads 2] [--together]
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import datetime
import io
import json
import logging
import multiprocessing
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import Tensor, nn

from acutance.data import ImageSet, batch_indices, open_source
from acutance.models import Recipe
from acutance.models._vae import VAE
from acutance.models.vae import Config
from acutance.train import Loop

RESULTS = Path(__file__).parent / "results" / "training.jsonl"


class Feed:
    """An image set as the loop wants it."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, batch_size: int, seed: int, step: int) -> Tensor:
        return self.images.tensor(batch_indices(len(self.images), batch_size, seed, step))


def fresh() -> VAE:
    torch.manual_seed(0)
    return Config(sigma=0.2).build((1, 32, 32))


def ours(images: ImageSet, n: int, batch_size: int) -> Callable[[], float]:
    recipe = Recipe(images=10**9, batch_size=batch_size, checkpoint_images=10**9)
    loop = Loop(fresh(), recipe, Feed(images), 0)

    def run() -> float:
        loop.total_steps = loop.step + n // batch_size
        start = time.perf_counter()
        loop.run(lambda tick: None, lambda: None)
        return n / (time.perf_counter() - start)

    return run


def plain(images: ImageSet, n: int, batch_size: int) -> Callable[[], float]:
    """What one writes in an afternoon: a tensor data set, a data loader, float32, the default memory format."""
    model = fresh()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    data = torch.utils.data.TensorDataset(images.tensor(range(n)).contiguous())
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)

    def run() -> float:
        start = time.perf_counter()
        for (batch,) in loader:
            mean, log_std = model.encoder(batch).chunk(2, dim=1)
            outputs = model.decoder(mean + log_std.exp() * torch.randn_like(mean))
            kl = 0.5 * (mean**2 + (2 * log_std).exp() - 1 - 2 * log_std).sum(1)
            loss = ((outputs - batch) ** 2).flatten(1).sum(1).div(2 * 0.2**2).add(kl).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return n / (time.perf_counter() - start)

    return run


def pythae(images: ImageSet, n: int, batch_size: int) -> Callable[[], float]:
    """pythae's trainer around the same encoder and decoder; its folder goes to a temporary place."""
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig

    logging.disable(logging.INFO)
    model = fresh()

    class Encoder(BaseEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net: nn.Module = model.encoder

        def forward(self, x: Tensor) -> ModelOutput:
            mean, log_std = self.net(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=2 * log_std)

    class Decoder(BaseDecoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net: nn.Module = model.decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.net(z))

    theirs = PythaeVAE(VAEConfig(input_dim=(1, 32, 32), latent_dim=64), encoder=Encoder(), decoder=Decoder())
    data = images.tensor(range(n)).contiguous()

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            config = BaseTrainerConfig(
                output_dir=folder,
                num_epochs=1,
                per_device_train_batch_size=batch_size,
                learning_rate=1e-3,
                no_cuda=True,
            )
            pipeline = TrainingPipeline(training_config=config, model=theirs)
            start = time.perf_counter()
            pipeline(train_data=data)
            return n / (time.perf_counter() - start)

    return run


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Median over the rounds of how many times as fast."""
    return round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 2)


CONTESTANTS: dict[str, Callable[[ImageSet, int, int], Callable[[], float]]] = {
    "ours": ours,
    "plain": plain,
    "pythae": pythae,
}


def contestant(name: str, asked: argparse.Namespace) -> Callable[[], float]:
    """One round of a contestant in this process, images/s."""
    torch.set_num_threads(asked.threads)
    images, _ = open_source("builtin:icons").split()
    return CONTESTANTS[name](images, asked.images, asked.batch_size)


def serve(name: str, asked: argparse.Namespace, pipe: Connection) -> None:
    """Runs a round whenever it is asked to, until nobody is there to ask."""
    run = contestant(name, asked)
    with contextlib.suppress(EOFError):
        while True:
            pipe.recv()
            pipe.send(run())


def apart(name: str, asked: argparse.Namespace) -> Callable[[], float]:
    """One round of a contestant in a process of its own, images/s."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    context.Process(target=serve, args=(name, asked, there)).start()
    there.close()
    atexit.register(here.close)

    def run() -> float:
        here.send(True)
        speed: float = here.recv()
        return speed

    return run


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--images", type=int, default=3200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--together", action="store_true", help="all in one process")
    asked = parser.parse_args()
    start = contestant if asked.together else apart
    contestants = {name: start(name, asked) for name in CONTESTANTS}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(asked.rounds + 1):
        for name, run in contestants.items():
            speed = run()
            if turn:  # the first round warms caches up
                speeds[name].append(speed)
    median = {name: statistics.median(values) for name, values in speeds.items()}
    native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    row = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {asked.threads} threads, bfloat16 units: {'yes' if native else 'no'}",
        "torch": torch.__version__,
        "processes": "one" if asked.together else "one each",
        "batch_size": asked.batch_size,
        "images_per_second": {name: round(speed) for name, speed in median.items()},
        "times_plain": ratio(speeds["ours"], speeds["plain"]),
        "times_pythae": ratio(speeds["ours"], speeds["pythae"]),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as out:
        out.write(json.dumps(row) + "\n")
    print(json.dumps(row, indent=2))


if __name__ == "__main__":
    main()
