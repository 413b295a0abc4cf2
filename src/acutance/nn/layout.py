"""How a network is laid out over resolutions: shared by encoder, decoder and critic."""

from __future__ import annotations

from dataclasses import dataclass

from acutance.errors import ConfigError

__all__ = ["Layout"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Stages from a coarse grid of features to a fine one, and the patch of pixels behind each point of the finest.

    Folding a patch into channels keeps every convolution away from full resolution, where channels are few and
    processors slow.

    Attributes:
        widths: features of each stage, coarse to fine; each stage has twice the grid of the one before.
        blocks: residual blocks per stage.
        patch: sides, in pixels, of the patch that one point of the finest grid holds; a power of two.
    """

    widths: tuple[int, ...]
    blocks: int = 1
    patch: int = 4

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1:
            came = list(self.widths)
            raise ConfigError(f"widths are the features of each stage, one positive number each; got {came}")
        if self.blocks < 1:
            raise ConfigError(f"a stage has at least one residual block; got blocks = {self.blocks}")
        if self.patch < 1 or self.patch & (self.patch - 1):
            raise ConfigError(f"patch is a power of two (1, 2, 4, ...), in pixels; got {self.patch}")

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """The coarsest grid of an image.

        Raises:
            ConfigError: the sides are no multiples of what one point of that grid covers.
        """
        factor = self.patch * 2 ** (len(self.widths) - 1)
        if height % factor or width % factor or not height or not width:
            raise ConfigError(
                f"{len(self.widths)} stages on patches of {self.patch} px need images whose height and width are "
                f"multiples of {factor}, got {height} x {width}: choose another --size, fewer widths or a smaller patch"
            )
        return height // factor, width // factor
