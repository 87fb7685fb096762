"""Mutants of a Python file: every small change that the operators below can make, as a replacement of bytes.

Text for people is not mutated: docstrings, f-strings, messages of errors, log calls. Neither are annotations, imports,
decorators, asserts (they state what the types cannot), and flags such as `frozen` and the `strict` of `zip`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
"""What a comparison becomes: its boundary moved, and its direction turned."""
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
"""Calls that become another call."""
LOGGERS = {"logger", "log", "logging", "warnings"}
GUARDS = {"frozen", "slots", "kw_only"}
"""Arguments that only guard against mistakes of programmers: `strict` of `zip` is another."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `place` is the name of the function or class around it."""

    file: str
    line: int
    place: str
    start: int
    end: int
    old: str
    new: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names this mutant while lines move."""
        return self.file, self.place, self.old, self.new

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.file}:{self.line} {self.place}: {_one_line(self.old)} → {_one_line(self.new)}"

    def apply(self, source: bytes) -> bytes:
        """Return the bytes of the file with this change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file that Python can compile, in the order of the file."""
    source = (root / file).read_bytes()
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, place, new in _changes(tree, "module"):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        mutant = Mutant(file, node.lineno, place, start, end, source[start:end].decode(), new)
        if _compiles(mutant.apply(source)):
            found.append(mutant)
    return found


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _changes(node: ast.AST, place: str) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    """Walk down the tree and make what each node becomes. Text and types are left out."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = node.name if place == "module" else f"{place}.{node.name}"
    if isinstance(node, ast.expr | ast.stmt):
        for new in (*_of_expression(node), *_of_statement(node)):
            yield node, place, new
    for child in _children(node):
        yield from _changes(child, place)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
        return
    if isinstance(node, ast.Raise):  # an error's message is for people
        return
    if isinstance(node, ast.Expr) and _is_log(node.value):
        return
    if isinstance(node, ast.FunctionDef):
        yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default)
        yield from node.body
    elif isinstance(node, ast.ClassDef):
        yield from node.body
    elif isinstance(node, ast.Call):
        yield from (node.func, *node.args)
        is_zip = isinstance(node.func, ast.Name) and node.func.id == "zip"
        yield from (word.value for word in node.keywords if word.arg not in GUARDS and not is_zip)
    elif isinstance(node, ast.AnnAssign):
        if node.value:
            yield node.value
    elif isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "__all__" for name in node.targets):
        return
    else:
        yield from ast.iter_child_nodes(node)


def _of_expression(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare():
            yield from _compared_otherwise(node)
        case ast.Constant():
            yield from _other_constant(node.value)
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            changed = copy.deepcopy(node)
            changed.func = ast.Name(CALLS[name])
            changed.keywords = [] if name == "sorted" else changed.keywords
            yield ast.unparse(changed)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _without_conditions(node)
        case _:
            yield from _of_operator(node)


def _of_operator(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.BoolOp(op=operator, values=values):
            yield f"({ast.unparse(ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC and not _is_text(node):
            yield f"({ast.unparse(ast.BinOp(left, ARITHMETIC[type(operator)](), right))})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"


def _compared_otherwise(node: ast.Compare) -> Iterator[str]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            changed = copy.deepcopy(node)
            changed.ops[place] = other()
            yield f"({ast.unparse(changed)})"


def _other_constant(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int | float):
        yield str(value + 1)


def _without_conditions(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Iterator[str]:
    for place, generator in enumerate(node.generators):
        if generator.ifs:
            changed = copy.deepcopy(node)
            changed.generators[place].ifs = []
            yield ast.unparse(changed)


def _of_statement(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "return None"
        case ast.Expr(value=value) if isinstance(value, ast.Call) and not _is_log(value):
            yield "pass"
        case ast.Continue() | ast.Break() | ast.Raise() | ast.AugAssign():
            yield "pass"


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(side, ast.JoinedStr) for side in sides) or any(
        isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides
    )


def _is_log(value: ast.expr) -> bool:
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return False
    owner = value.func.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return name.lower() in LOGGERS


def _one_line(text: str) -> str:
    return " ".join(text.split())
