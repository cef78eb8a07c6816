"""The engine's benchmark compares equals: every candidate gives the values and gradients of the work by hand."""

import pytest

from benchmarks.workloads import agree, workloads

SMALL = workloads(small=True)


@pytest.mark.parametrize("work", SMALL, ids=lambda work: work.title)
@pytest.mark.filterwarnings("ignore")  # those of other libraries
def test_all_candidates_agree_with_hand(work):
    works, missing = work.candidates()
    assert {"hand", "record", "replay", "autograd"} <= works.keys(), missing
    expected = works["hand"]()
    for name, candidate in works.items():
        assert agree(candidate(), expected), name


def test_a_wrong_gradient_does_not_agree():
    assert not agree((1.0, (2.0, [3.0])), (1.0, (2.0, [3.001])))
    assert not agree((1.0, (2.0,)), (1.0, (2.0, 3.0)))
