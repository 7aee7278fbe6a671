"""The validation part as a manifest of known truth: `manifest.py --data DIR`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    items = []
    for path in sorted((options.data / "valid").glob("*.json")):
        truth = json.loads(path.read_text())
        truth["key"] = truth["key"] or None
        items.append({"kind": "music", **{name: value for name, value in truth.items() if value not in (None, [])}})
    if not items:
        raise SystemExit(f"no validation clips in {options.data}: run generate.py --part valid first")
    (options.data / "manifest.json").write_text(json.dumps({"dataset": "generated music, validation part", "items": items}))
    print(len(items))


if __name__ == "__main__":
    main()
