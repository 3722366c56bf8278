"""Lambda bundles: complete, reproducible, small, and never half built."""

import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patterns_infra import bundle_contents
from patterns_infra.bundles import GIVEN_BY_LAMBDA, Bundle, BundleError, LambdaRuntime, build_bundle
from patterns_infra.paths import REPOSITORY
from patterns_infra.workspace import member_sources

PACKAGE = "patterns-web-api"
UNCHECKED_HASH = 0b01
LIMIT = 8_000_000
RunAsFunction = Callable[[Bundle, str], None]


@pytest.fixture(scope="module", autouse=True)
def _sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hold the sources still: whoever edits a file while the tests run must not make two builds differ."""
    still = []
    for source in member_sources(PACKAGE):
        copy = tmp_path_factory.mktemp("member") / "src"
        bundle_contents.copy_sources(source, copy)
        still.append(copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "patterns_infra.bundles.member_sources",
            lambda package: still if package == PACKAGE else member_sources(package),
        )
        yield


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Return a bundle for this machine, built from nothing."""
    return build_bundle(PACKAGE, runtime=LambdaRuntime.on_this_machine(), cache=tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def on_aws(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Return a bundle for AWS, built from nothing."""
    return build_bundle(PACKAGE, runtime=LambdaRuntime.on_aws(), cache=tmp_path_factory.mktemp("aws"))


def files(bundle: Bundle) -> dict[str, Path]:
    """Return the files of a bundle by their names inside it."""
    return {x.relative_to(bundle.path).as_posix(): x for x in bundle.path.rglob("*") if x.is_file()}


@pytest.mark.parametrize("runtime", [LambdaRuntime.on_this_machine(), LambdaRuntime.on_aws()], ids=["here", "aws"])
def test_same_input_same_bytes(runtime: LambdaRuntime, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Two builds in two empty caches give the same digest and the same zip file, byte code included."""
    first: Bundle = request.getfixturevalue("here" if runtime.platform is None else "on_aws")
    again = build_bundle(PACKAGE, runtime=runtime, cache=tmp_path)
    assert again.path != first.path
    assert again.digest == first.digest
    assert again.archive.read_bytes() == first.archive.read_bytes()


def test_unchanged_input_is_not_built_again(here: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call installs nothing."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("built again")

    monkeypatch.setattr(bundle_contents, "install", refuse)
    cache = here.path.parent.parent
    assert build_bundle(PACKAGE, runtime=LambdaRuntime.on_this_machine(), cache=cache) == here


def test_it_is_complete(here: Bundle, run_as_function: RunAsFunction) -> None:
    """Every entrypoint imports from the bundle and what Lambda gives, with nothing else in reach."""
    run_as_function(
        here,
        "for name in ('api', 'relay', 'outcome'):\n"
        "    module = import_module(f'patterns_web_api.entrypoints.{name}')\n"
        "    assert callable(module.lambda_handler)\n"
        f"    assert module.__file__.startswith({str(here.path)!r})\n",
    )


def test_it_leaves_out_what_lambda_has(here: Bundle) -> None:
    """No boto3 or what it needs, no tests, no type stubs, no fakes, no installer's files."""
    names = files(here)
    tops = {name.partition("/")[0] for name in names}
    assert not tops & {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3", "bin"}
    assert not {top for top in tops if top.partition("-")[0].replace("_", "-") in GIVEN_BY_LAMBDA}
    assert {"patterns_web_api", "patterns_shared", "fastapi", "mangum", "pydantic"} <= tops
    for name in names:
        assert not name.endswith((".pyi", "/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json"))
        assert not name.startswith(("patterns_shared/testing/", "patterns_infra/"))
        assert "/tests/" not in name
    assert any(name.startswith("pydantic-") and name.endswith("METADATA") for name in names)


def test_byte_code_is_trusted_unchecked(here: Bundle) -> None:
    """Each module has its byte code, which Python takes without looking at the 1980 timestamp of its source."""
    names = files(here)
    tag = sys.implementation.cache_tag
    assert here.compiled
    for name, path in names.items():
        if name.endswith(".py"):
            folder, _, module = name.rpartition("/")
            compiled = names[f"{folder}/__pycache__/{module[:-3]}.{tag}.pyc".lstrip("/")]
            assert int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED_HASH, path


def test_no_place_of_this_machine_is_inside(here: Bundle) -> None:
    """Tracebacks name /var/task; nothing names the folder in which the bundle was built."""
    secrets = [str(here.path.parent.parent).encode(), str(REPOSITORY).encode()]
    for path in files(here).values():
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path
    (entrypoint,) = (here.path / "patterns_web_api" / "entrypoints" / "__pycache__").glob("api.*.pyc")
    assert b"/var/task/patterns_web_api/entrypoints/api.py" in entrypoint.read_bytes()


def test_aws_gets_arm64_wheels(on_aws: Bundle) -> None:
    """Extension modules are for Graviton and Python 3.13, whatever this machine is."""
    extensions = [name for name in files(on_aws) if name.endswith(".so")]
    assert extensions
    for name in extensions:
        assert name.endswith(("cpython-313-aarch64-linux-gnu.so", ".abi3.so"))
        assert (on_aws.path / name).read_bytes()[18] == 0xB7  # e_machine of an ELF file: AArch64


def test_it_is_small(on_aws: Bundle, here: Bundle) -> None:
    """At most 8 MB zipped, byte code included."""
    assert on_aws.size == on_aws.archive.stat().st_size
    assert on_aws.size <= LIMIT
    assert here.size <= LIMIT


def test_zip_is_the_folder(here: Bundle) -> None:
    """The archive holds the folder's files with one time and one mode."""
    with zipfile.ZipFile(here.archive) as zipped:
        assert zipped.namelist() == sorted(files(here), key=Path)
        assert {(x.date_time, x.external_attr >> 16) for x in zipped.infolist()} == {((1980, 1, 1, 0, 0, 0), 0o100644)}


def test_without_the_interpreter_byte_code_is_left_out(tmp_path: Path) -> None:
    """A machine without the target's Python makes a bundle that compiles on its first start."""
    runtime = LambdaRuntime("3.13", "arm64", "aarch64-manylinux_2_28", None)
    bundle = build_bundle(PACKAGE, runtime=runtime, cache=tmp_path)
    assert not bundle.compiled
    assert not any(name.endswith(".pyc") for name in files(bundle))


def test_an_interrupted_build_leaves_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while building: nothing is in the cache, and the next build is whole."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    runtime = LambdaRuntime.on_this_machine()
    with monkeypatch.context() as patched:
        patched.setattr(bundle_contents, "archive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_bundle(PACKAGE, runtime=runtime, cache=tmp_path)
        assert list(tmp_path.iterdir()) == []
    assert build_bundle(PACKAGE, runtime=runtime, cache=tmp_path).archive.is_file()


def test_what_changes_while_building_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle is named after the sources that went in, so an edit during the build is not taken for its input."""
    source = tmp_path / "src"
    (source / "patterns_web_api").mkdir(parents=True)
    (source / "patterns_web_api" / "__init__.py").write_text("BEFORE = 1\n")
    monkeypatch.setattr("patterns_infra.bundles.member_sources", lambda _: [source])

    def install_and_edit(*_: object, **__: object) -> None:
        (source / "patterns_web_api" / "__init__.py").write_text("AFTER = 2\n")

    monkeypatch.setattr(bundle_contents, "install", install_and_edit)
    runtime = LambdaRuntime("3.13", "arm64", None, None)
    first = build_bundle(PACKAGE, runtime=runtime, cache=tmp_path / "cache")
    assert (first.path / "patterns_web_api" / "__init__.py").read_text() == "AFTER = 2\n"
    (source / "patterns_web_api" / "__init__.py").write_text("BEFORE = 1\n")
    monkeypatch.setattr(bundle_contents, "install", lambda *_, **__: None)
    second = build_bundle(PACKAGE, runtime=runtime, cache=tmp_path / "cache")
    assert (second.path / "patterns_web_api" / "__init__.py").read_text() == "BEFORE = 1\n"


def test_old_bundles_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache keeps the last eight."""
    source = tmp_path / "src"
    source.mkdir()
    monkeypatch.setattr("patterns_infra.bundles.member_sources", lambda _: [source])
    monkeypatch.setattr(bundle_contents, "install", lambda *_, **__: None)
    runtime = LambdaRuntime("3.13", "arm64", None, None)
    made = []
    for number in range(10):
        (source / "module.py").write_text(f"NUMBER = {number}\n")
        made.append(build_bundle(PACKAGE, runtime=runtime, cache=tmp_path / "cache"))
    assert [bundle.path.is_dir() for bundle in made] == [False] * 2 + [True] * 8


def test_code_that_does_not_compile_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A syntax error stops the build and names its line."""
    source = tmp_path / "src"
    source.mkdir()
    (source / "wrong.py").write_text("def f(a, a): ...\n")
    monkeypatch.setattr("patterns_infra.bundles.member_sources", lambda _: [source])
    monkeypatch.setattr(bundle_contents, "install", lambda *_, **__: None)
    with pytest.raises(BundleError, match=r"wrong\.py.*line 1"):
        build_bundle(PACKAGE, runtime=LambdaRuntime.on_this_machine(), cache=tmp_path / "cache")


def test_unknown_package() -> None:
    """A member that does not exist is refused with those that do."""
    with pytest.raises(BundleError, match=r"no workspace member is called 'patterns-x'; there are .*patterns-web-api"):
        build_bundle("patterns-x", runtime=LambdaRuntime.on_this_machine())


def test_uv_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uv there is one clear line."""
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BundleError, match=r"^uv is not on PATH"):
        build_bundle(PACKAGE, runtime=LambdaRuntime.on_this_machine())


def test_this_machine_is_described() -> None:
    """The local bundle is for the Python that runs this test."""
    runtime = LambdaRuntime.on_this_machine()
    assert runtime.python == sysconfig.get_python_version()
    assert runtime.compiler == sys.version
