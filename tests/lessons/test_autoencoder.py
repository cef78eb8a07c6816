"""The variational autoencoder: its terms against closed forms, its gradient against differences, and that it learns."""

import numpy as np
import pytest

import chainviz as cv
from chainviz.lessons.autoencoder import IMAGES, Training, decode, dots, encode, first_parameters, terms

RNG = np.random.default_rng(5)
PARAMETERS = first_parameters(RNG)
IMAGE = dots(RNG.uniform(1, 6, (3, 2)))
EPS = RNG.standard_normal((3, 2))


def test_the_divergence_is_that_of_two_normal_distributions():
    mu, log_sigma = encode(PARAMETERS, IMAGE)
    z = mu[:, None] + np.exp(log_sigma)[:, None] * RNG.standard_normal((3, 200_000, 2))
    own = -(((z - mu[:, None]) / np.exp(log_sigma)[:, None]) ** 2) / 2 - log_sigma[:, None]
    sampled = np.mean(np.sum(own + z**2 / 2, axis=-1))
    assert terms(PARAMETERS, IMAGE, EPS)[1] == pytest.approx(sampled, abs=0.01)


def test_the_reconstruction_loss_is_the_log_likelihood_of_the_pixels():
    mu, log_sigma = encode(PARAMETERS, IMAGE)
    share = 1 / (1 + np.exp(-decode(PARAMETERS, mu + np.exp(log_sigma) * EPS)))
    likelihood = np.sum(IMAGE * np.log(share) + (1 - IMAGE) * np.log(1 - share)) / 3
    assert terms(PARAMETERS, IMAGE, EPS)[0] == pytest.approx(-likelihood)


def test_the_gradient_passes_through_the_sample():
    def loss(W_mu, W_sigma, V1):
        return sum(terms({**PARAMETERS, "W_mu": W_mu, "W_sigma": W_sigma, "V1": V1}, IMAGE, EPS))

    cv.check_grads(loss, PARAMETERS["W_mu"], PARAMETERS["W_sigma"], PARAMETERS["V1"])


def test_drawn_inside_the_reconstruction_says_nothing_to_the_encoder():
    def gradient(name, inside):
        return cv.grad(lambda w: terms({**PARAMETERS, name: w}, IMAGE, EPS, inside=inside)[0])(PARAMETERS[name])

    assert np.any(gradient("W_mu", False))
    assert np.any(gradient("V1", True))
    training = Training()
    assert training.report().reaches_encoder > 0
    training.inside = True
    assert training.report().reaches_encoder == 0


def test_it_finds_the_two_hidden_factors():
    training = Training()
    before, after = training.report(), training.train(600)
    assert after.elbo > before.elbo + 5
    assert after.readable > 0.9
    assert training.least < after.reconstruction < training.least + 2
    assert after.divergence > 2


def test_without_the_trick_the_encoder_forgets_and_the_code_is_noise():
    after = Training(inside=True).train(600)
    assert after.divergence < 0.05
    assert after.readable < 0.1
    assert after.elbo < Training().train(600).elbo - 2


def test_the_trick_can_be_taken_away_and_given_back():
    training = Training()
    training.train(300)
    training.inside = True
    assert training.train(600).readable < 0.3
    training.inside = False
    assert training.train(600).readable > 0.9
    assert [report.steps for report in training.history] == [0, 300, 900, 1500]


def test_decoded_codes_are_the_images():
    training = Training()
    training.train(600)
    mu, _ = training.codes()
    assert mu.shape == (IMAGES, 2)
    assert np.mean((training.decoded(mu) - training.images) ** 2) < 0.2 * training.images.var()
