from pathlib import Path

import pytest
from website.building import BuildFailed, generate


@pytest.mark.parametrize("link", ["nothing.md", "README.md#nothing", "#nothing"])
def test_a_broken_link_or_anchor_fails_with_file_and_line(tmp_path: Path, link: str) -> None:
    """The generator's warnings are errors."""
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "x"\ndocs_dir = "pages"\nsite_dir = "html"\n')
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "README.md").write_text("# Title\n\n[back](#title)\n")
    generate(tmp_path)
    assert (tmp_path / "html" / "index.html").is_file()

    (tmp_path / "pages" / "README.md").write_text(f"# Title\n\n[back](#title)\n\n[x]({link})\n")
    with pytest.raises(BuildFailed, match=r"README\.md:5:"):
        generate(tmp_path)
