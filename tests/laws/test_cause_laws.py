"""Laws that hold for every cause in the catalog: it finds the control that has it, and not the one that has not."""

from __future__ import annotations

import functools
import importlib
import re

import pytest

from acutance.diagnose import Diagnosis, diagnose
from acutance.diagnose._cause import CAUSES, Cause, LocationCause, LossCause, ResponseCause, SamplesCause

HEADINGS = ["What it is", "Why it blurs", "How it is tested", "Confounders", "References"]


@functools.cache
def cause(name: str) -> Cause:
    found = CAUSES.load(name)
    assert isinstance(found, Cause)
    return found


@functools.cache
def found_in(name: str, which: str) -> Diagnosis:
    controls = cause(name).controls()
    control = controls.sick if which == "sick" else controls.well
    return diagnose(control.subject, control.images, name=which, fit_images=control.fit_images)


def verdict(name: str, which: str) -> str:
    found, asked = found_in(name, which), cause(name)
    if isinstance(asked, ResponseCause):
        assert found.subject.response is not None
        return asked.verdict(found.subject.response)
    if isinstance(asked, LossCause):
        assert found.audit is not None
        return asked.verdict(found.audit)
    if isinstance(asked, SamplesCause):
        return next((sample.verdict for sample in found.samples if sample.cause == name), "absent")
    location = found.location(name)
    return "absent" if location is None else location.verdict


@pytest.mark.parametrize("name", CAUSES.names())
def test_the_sick_control_has_it(name: str) -> None:
    assert verdict(name, "sick") == "present"
    if isinstance(cause(name), LocationCause):
        assert found_in(name, "sick").locations[0].location == name


@pytest.mark.parametrize("name", CAUSES.names())
def test_the_well_control_has_not(name: str) -> None:
    assert verdict(name, "well") == "absent"


@pytest.mark.parametrize("name", CAUSES.names())
def test_the_answer_and_the_advice_speak_of_it(name: str) -> None:
    found, asked = found_in(name, "sick"), cause(name)
    if isinstance(asked, ResponseCause):
        assert found.subject.response is not None
        assert asked.told(found.subject.response, found.subject.bands["sample"][-1]) in found.answer
        return
    prescription = next(made for made in found.prescriptions if made.cause == name)
    assert prescription.change and prescription.because and prescription.will_not
    if isinstance(asked, LocationCause):
        assert f"({name})" in found.answer


@pytest.mark.parametrize("name", CAUSES.names())
def test_the_docstring_has_the_headings(name: str) -> None:
    text = importlib.import_module(f"{CAUSES.package}.{name}").__doc__ or ""
    assert re.findall(r"^(\w[^\n]*):$", text, flags=re.MULTILINE) == HEADINGS
    parts = re.split(r"^\w[^\n]*:$", text, flags=re.MULTILINE)
    assert all(part.strip() for part in parts)


@pytest.mark.parametrize("name", CAUSES.names())
def test_shares_add_up_to_one_and_lie_in_their_intervals(name: str) -> None:
    for which in ("sick", "well"):
        found = found_in(name, which)
        if found.explained is None:
            continue
        assert sum(location.share for location in found.locations) == pytest.approx(1, abs=1e-9)
        lost = 1 - found.explained.value - (found.price.value if found.price else 0)
        assert sum(location.explained.value for location in found.locations) == pytest.approx(lost, abs=1e-9)
        shares = [location.share for location in found.locations]
        assert shares == sorted(shares, reverse=True)
        for location in found.locations:
            assert location.low - 1e-9 <= location.share <= location.high + 1e-9
