"""Every refusal has its sentence in both languages, and no sentence is left over."""

from __future__ import annotations

import ast
import re

from linli.kernel.errors import sentences
from tests.house.tree import SRC, files, named, syntax

CODE = re.compile(r"[a-z_]+(\.[a-z_0-9]+)+")


def refused(tree: ast.AST) -> list[tuple[str, int]]:
    """The codes that ``Refusal("…")`` is called with, where they stand there as words."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name.endswith("Refusal"):
            found += [(code, node.lineno) for code in words_of(node.args[0])]
    return found


def words_of(node: ast.expr) -> list[str]:
    """The string a code is, or each of the strings that a conditional chooses from."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return words_of(node.body) + words_of(node.orelse)
    return []


def mentioned(tree: ast.AST) -> tuple[set[str], list[re.Pattern[str]]]:
    """Every string that could be a code, and for strings put together at run time the form they can take."""
    codes: set[str] = set()
    forms: list[re.Pattern[str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            codes.add(node.value)
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            parts = [
                re.escape(str(v.value)) if isinstance(v, ast.Constant) else "[a-z_0-9.]+" for v in node.values
            ]
            if re.match(r"[a-z_]+\\\.", parts[0]):
                forms.append(re.compile("".join(parts)))
    return codes, forms


def test_every_refusal_has_its_sentence() -> None:
    known = sentences()
    missing = [
        f"{named(path)}:{line} {code}"
        for path in files(SRC, ".py")
        for code, line in refused(syntax(path))
        if code not in known
    ]
    assert missing == []


def test_every_sentence_is_in_both_languages() -> None:
    half = [code for code, words in sentences().items() if not (words.get("zh") and words.get("en"))]
    assert half == []


def facts(sentence: str) -> set[str]:
    """The facts that a sentence names. A name that has two languages (``act``, ``act_en``) is one fact."""
    return {name.removesuffix("_en").removesuffix("_zh") for name in re.findall(r"{(\w+)[^}]*}", sentence)}


def apart(zh: str, en: str) -> bool:
    """Whether each language names a fact that the other does not know: then one of them is a slip."""
    return not (facts(zh) <= facts(en) or facts(en) <= facts(zh))


def test_both_languages_draw_on_the_same_facts() -> None:
    assert {code: words for code, words in sentences().items() if apart(words["zh"], words["en"])} == {}


def test_a_fact_misspelt_in_one_language_is_found() -> None:
    assert apart("{place}不在{tree}里", "{place} is not in {three}")
    assert not apart("不能“{act}”", "“{act_en}” is not possible")


def test_no_sentence_is_left_over() -> None:
    codes: set[str] = set()
    forms: list[re.Pattern[str]] = []
    for path in files(SRC, ".py"):
        here, built = mentioned(syntax(path))
        codes |= here
        forms += built
    unused = [
        code for code in sentences() if code not in codes and not any(form.fullmatch(code) for form in forms)
    ]
    assert unused == []


def test_codes_are_read_from_plain_chosen_and_built_strings() -> None:
    tree = ast.parse('raise Refusal("a.b" if x else "a.c", kind="missing")\nfind(f"places.{what}")\n"d.e"')
    codes, forms = mentioned(tree)
    assert [code for code, _ in refused(tree)] == ["a.b", "a.c"]
    assert "d.e" in codes
    assert forms[0].fullmatch("places.overlap") and not forms[0].fullmatch("people.overlap")
