import os
import subprocess
import sys

from collections_on_disk import commit, texts
from conftest import ROOT

ASKED = """
import sys
from pathlib import Path
from numba.core.registry import CPUDispatcher
from search.engine import FACETS, ORDERS, ConcordanceRequest, Request
from search.local import Local
from search.warm import prime

def compiled():
    names = [name for name in sys.modules if name.split(".")[0] in ("index", "search")]
    found = (each for name in names for each in vars(sys.modules[name]).values())
    kernels = {k.py_func.__qualname__: k for k in found if isinstance(k, CPUDispatcher)}
    return {name: len(kernel.signatures) for name, kernel in kernels.items()}

prime()
before = compiled()
local = Local(Path(sys.argv[1]))
for query in sys.argv[2:]:
    for match in ("auto", "any"):
        page = local.search(Request(query, match=match, context=2))
        list(local.export(Request(query, match=match)))
    local.search(Request(query, explain=True, facets=FACETS, group="document", scope="document"))
    local.search(Request(query, filters=("type:text", "-year:2022"), sort="date:desc"))
    for order in ORDERS:
        local.concordance(ConcordanceRequest(query, sort=order))
    local.suggest(query)
id = page.hits[0].document.id
assert local.document(id, "war") and local.paragraph(f"{id}:1") and local.similar(f"{id}:1")
after = compiled()
assert sum(before.values()) > 10
print({name: (before.get(name), n) for name, n in after.items() if before.get(name) != n})
"""

QUERIES = (
    *("war", "war peace", "war OR peace", "never OR war", "+war peace -talks", '"the war"'),
    *('"war talks"~3', "wra~", "/w.r/", "=wars", "title:war", "date:>2020", "tlaks peaec"),
    *('"war talks" -"the peace"', "wars*", "pea* OR (talks AND war)", "co-ordinated", "the"),
)


def test_nothing_is_left_to_be_compiled_or_loaded_in_a_first_query(tmp_path):
    """What is asked of a server goes through the kernels that it ran before it answered."""
    few = ["the war", "the peace talks", "wars and co-ordinated war talks", "never"]
    commit(tmp_path, [texts("d", "title", "# War", *few * 800, "never again")])
    run = [sys.executable, "-W", "ignore", "-c", ASKED, str(tmp_path), *QUERIES]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "{}\n"


def test_every_kernel_that_python_calls_is_at_hand_once_set_up():
    """Of those of indexing, all but what reads an index, which `search.warm` runs."""
    run = [sys.executable, "-W", "ignore", str(ROOT / "tests" / "unprimed.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    indexing, searching = done.stdout.removesuffix("\n").split("\n\n")
    callers = {line.split()[1] for line in indexing.splitlines()}
    assert callers == {"index.codec.segment", "index.codec.signatures", "index.codec.store"}
    assert searching == ""
