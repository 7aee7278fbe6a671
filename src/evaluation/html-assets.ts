/** Style and script of the report's page. */

export const REPORT_STYLE = `
:root { color-scheme: light dark; --line: #8883; --accent: #2f6fde; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.muted, small { opacity: .65; } small { display: block; font-weight: 400; } .error { color: #c33; opacity: 1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; overflow-wrap: anywhere; } tbody th { font-weight: 600; white-space: normal; min-width: 15rem; }
thead th { font-weight: 600; vertical-align: bottom; white-space: normal; font-size: .85rem; }
.group th { font-weight: 400; padding-left: 1.8rem; } .group { font-size: .9rem; opacity: .75; }
.sortable { font-size: .85rem; } .sortable thead th { min-width: 3.6rem; } .sortable tbody th { font-weight: 400; }
.sortable button { all: unset; cursor: pointer; } .sortable button:focus-visible { outline: 2px solid var(--accent); }
[aria-sort=ascending] button::after { content: " ↑"; } [aria-sort=descending] button::after { content: " ↓"; }
.share { background: linear-gradient(90deg, #2f6fde2e calc(var(--share) * 100%), transparent 0); }
.figures { display: flex; flex-wrap: wrap; gap: 2rem; } figure { margin: 0; width: 20rem; } figcaption { font-size: .85rem; }
svg { width: 100%; } svg text { font-size: 11px; fill: currentColor; opacity: .75; }
.grid { stroke: var(--line); } .diagonal { stroke: currentColor; opacity: .5; stroke-dasharray: 4 4; }
polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; } circle { fill: var(--accent); fill-opacity: .8; }
`;

/** Sorts the file table by the heading that is clicked: numbers by value, names by letters, empty cells last. */
export const REPORT_SCRIPT = `
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
    const sign = head.ariaSort === "descending" ? 1 : head.ariaSort === "ascending" || column > 1 ? -1 : 1;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.ariaSort = sign > 0 ? "ascending" : "descending";
    const key = (row) => column < 2 ? row.cells[column].textContent : Number(row.cells[column].dataset.value ?? NaN);
    const compare = (a, b) => column < 2 ? sign * a.localeCompare(b) : isNaN(a) - isNaN(b) || sign * (a - b);
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => compare(key(a), key(b))));
  }));
}
`;
