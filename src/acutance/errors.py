"""The error tree.

```
AcutanceError
├── InputError            what the user gave is wrong; the CLI ends with exit code 2
│   ├── SourceError       an image source cannot be opened, read or used
│   ├── ConfigError       an option, preset or config key is wrong
│   ├── SubjectError      a model (run folder, foreign file) cannot be used
│   └── MeasureError      tensors or sets that a measure cannot work on
│       └── NoDataError   a reading was asked for before there was any data
└── TrainingError         training cannot go on
    └── NonFiniteLoss     a loss or gradient stopped being a finite number
```

Every message says what was asked, what came, and what to do.
"""

from __future__ import annotations

__all__ = [
    "AcutanceError",
    "ConfigError",
    "InputError",
    "MeasureError",
    "NoDataError",
    "NonFiniteLoss",
    "SourceError",
    "SubjectError",
    "TrainingError",
]


class AcutanceError(Exception):
    """The root of everything that acutance raises on purpose."""


class InputError(AcutanceError, ValueError):
    """What the user gave is wrong; the message says what to do about it."""


class SourceError(InputError):
    """An image source cannot be opened, read or used."""


class ConfigError(InputError):
    """An option, preset or config key is wrong."""


class SubjectError(InputError):
    """A model cannot be used as a subject."""


class MeasureError(InputError):
    """The tensors or sets given to a measure are not what it works on."""


class NoDataError(MeasureError):
    """A reading was asked for before there was any data to make it from."""


class TrainingError(AcutanceError):
    """Training cannot go on."""


class NonFiniteLoss(TrainingError):
    """A loss or a gradient stopped being a finite number."""
