"""acutance: why a VAE's images are blurred and a GAN's are crisp, measured.

The rooms and the way their imports point, lowest last (`make check` holds them to it):

```
cli         the command line: parse, call one function, write
demo        the main job: train, measure and compare a VAE and a GAN
report      frozen data in, pages and files out
claims      one controlled experiment per claim
diagnose    where the detail was lost, and what the decoder did about it
train       the loop, checkpoints, presets          subjects    models made elsewhere
models      one file per family
nn  objectives  measure  data
catalog  stats  rng
errors
```
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
