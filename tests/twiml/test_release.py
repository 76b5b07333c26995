"""What is downloaded is the release that was pinned, or the types stay as they are."""

import pytest

from tests.twiml import __main__ as release
from tests.twiml.judge import TYPES


def test_the_types_are_those_of_the_pinned_release():
    # Whoever changes the pin runs `make twiml-types`.
    assert TYPES["source"] == {
        "files": list(release.FILES),
        "integrity": release.INTEGRITY,
        "package": release.PACKAGE,
        "version": release.VERSION,
    }


def test_another_release_is_refused(tmp_path):
    tarball = tmp_path / "twilio-6.2.0.tgz"
    tarball.write_bytes(b"another release")

    with pytest.raises(SystemExit, match="is not the release that was pinned: it has sha512-"):
        release.sources(tarball)


def test_without_npm_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match=r"npm is missing.*Install Node\.js"):
        release.packed(str(tmp_path))
