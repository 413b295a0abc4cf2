"""Frozen data in, pages and files out: the same input gives the same bytes.

```python
from acutance import report

report.write(comparison, Path("out"))  # comparison.json, report.html, detail-map.svg
```
"""

from __future__ import annotations

from acutance.report._json import to_json
from acutance.report._page import render_html
from acutance.report._summary import summary_table
from acutance.report._write import write
from acutance.report.pictures import contact_sheet

__all__ = ["contact_sheet", "render_html", "summary_table", "to_json", "write"]
