"""Reads the facts of a script's public interface: python read_facts.py SCRIPT > facts.json.

Names of functions, parameters with their defaults, enumerations with their members, and the fields of the backends with
their defaults. Nothing else of the script is kept. Run by hand when another version of vs-mlrt is to be followed.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any


def default(node: ast.expr | None) -> str | None:
    """A default as text; None where there is none."""
    if node is None:
        return None
    text = ast.unparse(node)
    made = {"field(default_factory=lambda: {})": "{}", "field(default_factory=lambda: [])": "[]"}
    return made.get(text, text)


def parameters(arguments: ast.arguments) -> list[list[str | None]]:
    """Name, kind and default of each."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    found = [[one.arg, "positional", default(value)] for one, value in zip(plain, defaults, strict=True)]
    found += [
        [one.arg, "keyword", default(value)]
        for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return found + ([[arguments.kwarg.arg, "rest", None]] if arguments.kwarg else [])


def fields(node: ast.ClassDef) -> list[list[str | None]]:
    """Name and default of each field of a dataclass."""
    found = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    return [[one.target.id, default(one.value)] for one in found if isinstance(one.target, ast.Name)]


def members(node: ast.ClassDef) -> dict[str, int]:
    """An enumeration's members."""
    found: dict[str, int] = {}
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            found[one.targets[0].id] = ast.literal_eval(one.value)
    return found


def read(path: Path) -> dict[str, Any]:
    """All facts of a script."""
    tree = ast.parse(path.read_text())
    facts: dict[str, Any] = {"functions": {}, "enumerations": {}, "backends": {}, "backends_v2": {}, "names": []}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            facts["functions"][node.name] = parameters(node.args)
        elif isinstance(node, ast.ClassDef) and node.name == "Backend":
            facts["backends"] = {one.name: fields(one) for one in node.body if isinstance(one, ast.ClassDef)}
        elif isinstance(node, ast.ClassDef) and node.name == "BackendV2":
            facts["backends_v2"] = {
                one.name: parameters(one.args) for one in node.body if isinstance(one, ast.FunctionDef)
            }
        elif isinstance(node, ast.ClassDef):
            facts["enumerations"][node.name] = members(node)
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for target in targets:
            if not isinstance(target, ast.Name):
                continue
            if target.id in ("__all__", "__version__") and isinstance(node, ast.Assign):
                facts[target.id] = ast.literal_eval(node.value)
            elif not target.id.startswith("_"):
                facts["names"].append(target.id)
    return facts


if __name__ == "__main__":
    json.dump(read(Path(sys.argv[1])), sys.stdout, indent=1, sort_keys=True)
