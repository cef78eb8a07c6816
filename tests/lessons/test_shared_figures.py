"""Labs share the artists of their figures: nothing of one lab is in another's picture."""

import pytest

from chainviz import lessons
from chainviz.drawing import figures
from chainviz.widgets.lab import pictures_in

LABS = {
    "depth": (
        lambda: lessons.depth_lab("1990s", depth=30),
        lambda: lessons.depth_lab("2015", compare=True, normalisation="layer", depth=3),
    ),
    "learning": (
        lambda: lessons.depth_lab("2012", depth=6, frozen=(2,)).train(5),
        lambda: lessons.depth_lab("2015", depth=40).train(20),
    ),
    "reparameterization": (
        lambda: lessons.reparameterization(samples=500),
        lambda: lessons.reparameterization(inside=True, function="step", wrt="sigma", sigma=0.4, samples=9),
    ),
    "gumbel": (
        lambda: lessons.gumbel_lab(temperature=0.1),
        lambda: lessons.gumbel_lab(theta=2.0, temperature=6.0, hard=True, draws=10),
    ),
    "vae": (lambda: lessons.vae(z1=1.0), lambda: lessons.vae(inside=True, seed=3)),
}


def views(lab):
    return [view for view in pictures_in(lab) if hasattr(view, "svg") and view.svg]


@pytest.mark.parametrize("name", LABS)
def test_a_picture_drawn_again_after_another_lab_s_is_the_same_as_by_new_artists(name):
    one, other = (make() for make in LABS[name])
    shown = [view.svg for view in views(one)]
    assert shown
    for view in views(other):
        view.width = 333  # narrow pictures are laid out in another way
    for view in views(one):
        view.draw()
    assert [view.svg for view in views(one)] == shown
    figures._SHARED.clear()
    fresh = LABS[name][0]()
    assert [view.svg for view in views(fresh)] == shown
    for lab in (one, other, fresh):
        lab.close()


def test_labs_of_a_kind_have_one_set_of_artists():
    one, other = lessons.gumbel_lab(), lessons.gumbel_lab()
    assert [view.figure for view in views(one)] == [view.figure for view in views(other)]
    one.close()
    other.close()
