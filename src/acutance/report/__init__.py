"""Frozen data in, pages and files out: the same input gives the same bytes.

```python
from acutance import report

report.write(comparison, Path("out"))  # comparison.json, report.html, detail-map.svg
report.write_diagnosis(diagnosis, Path("out"))  # diagnosis.json, report.html
```
"""

from __future__ import annotations

from acutance.report._card import Provenance, model_card
from acutance.report._causes import cause_words, sentence, verdict_shown
from acutance.report._claims import render_claims
from acutance.report._json import diagnosis_json, to_json
from acutance.report._notebook import Grid, Shown, grid, show
from acutance.report._page import render_html
from acutance.report._progress import progress
from acutance.report._summary import summary_table
from acutance.report._write import write, write_claims, write_diagnosis
from acutance.report.pictures import contact_sheet

__all__ = [
    "Grid",
    "Provenance",
    "Shown",
    "cause_words",
    "contact_sheet",
    "diagnosis_json",
    "grid",
    "model_card",
    "progress",
    "render_claims",
    "render_html",
    "sentence",
    "show",
    "summary_table",
    "to_json",
    "verdict_shown",
    "write",
    "write_claims",
    "write_diagnosis",
]
