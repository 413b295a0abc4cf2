"""The source's explanations, each put to the test by a controlled experiment that changes one thing.

```python
from acutance.claims import LocalExecutor, Scene, asked_claims, run_claims

found = run_claims(asked_claims(["S7"]), Scene(seeds=(0, 1)), out, lambda store: LocalExecutor(store.root, 2))
```

Every module here without a leading underscore is one claim, found by its file name: S7 is s7.py.
"""

from __future__ import annotations

from acutance.claims._cell import Cell, Found
from acutance.claims._chart import Axis, Chart, Dot, Guide, Series
from acutance.claims._claim import CLAIMS, Claim, Evidence, Part, identifiers
from acutance.claims._cost import Cost, cost_of
from acutance.claims._executor import Executor
from acutance.claims._local import LocalExecutor
from acutance.claims._plan import Plan, plan_for
from acutance.claims._ray import RayExecutor
from acutance.claims._run import asked_claims, run_claims, store_in
from acutance.claims._scene import Scene
from acutance.claims._statistics import Bound
from acutance.claims._store import Store

__all__ = [
    "CLAIMS",
    "Axis",
    "Bound",
    "Cell",
    "Chart",
    "Claim",
    "Cost",
    "Dot",
    "Evidence",
    "Executor",
    "Found",
    "Guide",
    "LocalExecutor",
    "Part",
    "Plan",
    "RayExecutor",
    "Scene",
    "Series",
    "Store",
    "asked_claims",
    "cost_of",
    "identifiers",
    "plan_for",
    "run_claims",
    "store_in",
]
