"""The style sheet of every view: JupyterLab's variables, each with a fallback that fits light and dark pages alike."""

from __future__ import annotations

import re

_SHEET = """
.kt-view {
  color: var(--jp-content-font-color1, inherit);
  font-size: var(--jp-content-font-size1, inherit);
  line-height: 1.5;
  font-variant-numeric: tabular-nums;
  padding: 2px 0;
}
.kt-view .kt-heading { display: flex; flex-wrap: wrap; column-gap: 2em; align-items: baseline; }
.kt-view .kt-facts, .kt-view .kt-next {
  color: var(--jp-content-font-color2, color-mix(in srgb, currentColor 70%, transparent));
}
.kt-view .kt-facts [title], .kt-view .kt-note [title] {
  text-decoration: underline dotted 1px;
  text-underline-offset: 3px;
}
.kt-view code.kt-insert {
  background: var(--jp-layout-color2, color-mix(in srgb, currentColor 9%, transparent));
  color: inherit;
  border-radius: 3px;
  padding: 1px 5px;
  font-family: var(--jp-code-font-family, monospace);
  font-size: 0.92em;
  white-space: nowrap;
}
.kt-view .kt-next code.kt-insert { margin-right: 0.6em; }
.kt-view .kt-mark { display: inline-block; width: 1.1em; text-align: center; }
.kt-view .kt-good { color: var(--jp-success-color1, #388e3c); }
.kt-view .kt-wait { color: var(--jp-info-color1, #0097a7); }
.kt-view .kt-busy { color: var(--jp-brand-color1, #1976d2); }
.kt-view .kt-problem { color: var(--jp-warn-color1, #ef6c00); }
.kt-view .kt-lost { color: var(--jp-error-color1, #d32f2f); }
.kt-view .kt-off { color: var(--jp-content-font-color2, currentColor); }
.kt-view .kt-scroll { max-height: 32em; overflow: auto; margin: 4px 0; }
.kt-view table.kt-table { border-collapse: collapse; margin: 0; font-size: inherit; color: inherit; }
.kt-view table.kt-table :is(th, td) {
  text-align: left;
  vertical-align: baseline;
  line-height: 1.4;
  padding: 3px 12px 3px 0;
  white-space: nowrap;
  border: 0;
  max-width: none;
}
.kt-view table.kt-table :is(th, td):first-child { padding-right: 4px; }
.kt-view table.kt-table thead th {
  position: sticky;
  top: 0;
  background: var(--jp-layout-color0, var(--vscode-editor-background, Canvas)); /* rows scroll beneath */
  color: var(--jp-content-font-color2, inherit);
  font-weight: normal;
  box-shadow: 0 1px 0 var(--jp-border-color2, color-mix(in srgb, currentColor 25%, transparent));
}
.kt-view table.kt-table tbody tr, .kt-view table.kt-table tbody tr:nth-child(even) { background: none; }
.kt-view table.kt-table tbody tr:hover {
  background: var(--jp-layout-color2, color-mix(in srgb, currentColor 9%, transparent));
}
.kt-view table.kt-table .kt-right { text-align: right; }
.kt-view table.kt-table .kt-wide { white-space: normal; min-width: 16em; max-width: 40em; overflow-wrap: anywhere; }
.kt-view pre.kt-code {
  margin: 4px 0;
  padding: 6px 8px;
  max-height: 32em;
  overflow: auto;
  background: var(--jp-cell-editor-background, color-mix(in srgb, currentColor 6%, transparent));
  color: inherit;
  border: 1px solid var(--jp-cell-editor-border-color, color-mix(in srgb, currentColor 20%, transparent));
}
"""

STYLE = re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"/\*.*?\*/|\s+", " ", _SHEET)).strip()
