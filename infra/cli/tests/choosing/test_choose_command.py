"""`patterns choose`: asks what it was not told, explains its answer, and answers programs as JSON."""

import io
import json
from typing import Any

import pytest
import typer.main

from patterns_cli.app import app, main
from patterns_cli.choosing.guide import Guide, Language, read_guide
from patterns_cli.choosing.page import page_text
from patterns_cli.choosing.translation import read_guide_in

GUIDE = read_guide()
BATCH = ["--compliance", "none", "--kubernetes", "none", "--trigger", "event", "--state", "none", "--duration", "15min"]
REST = ["--payload", "64KB", "--latency", "minutes", "--order", "none", "--concurrency", "10", "--budget", "idle"]


class Terminal(io.StringIO):
    """Standard input of a terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401
    """Return a function that runs `patterns choose` and gives exit code, standard output and standard error."""

    def patterns_choose(*arguments: str, typed: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["patterns", "choose", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO() if typed is None else Terminal(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return patterns_choose


def test_the_options_are_the_questions() -> None:
    """Each question of the file has an option of its name, whose help has every word that is a reply."""
    group: Any = typer.main.get_command(app)
    options = {x.name: x.help for x in group.commands["choose"].params if x.name not in {"as_json", "language", "help"}}
    assert set(options) == set(GUIDE.questions)
    for name, question in GUIDE.questions.items():
        assert options[name].partition(": ")[2].split(", ") == [choice.value for choice in question.choices]


def test_a_workload_by_options(run: Any) -> None:  # noqa: ANN401
    """The answer, the way to it, what comes with it, its limits, and where to see it; nothing on standard output."""
    code, out, err = run(*BATCH, "--idle", "mostly", *REST)
    assert (code, out) == (0, "")
    assert err.startswith("\nLambda behind SQS\n")
    assert "because\n  compliance none: " in err
    assert "Lambda, one invocation: 15 minutes (https://docs.aws.amazon.com/" in err
    assert "docs/async.md#why-these-services" in err
    assert "uv run patterns cost --compute lambda" in err
    assert f"uv run patterns choose {' '.join(BATCH)} --idle mostly " in err


def test_json(run: Any) -> None:  # noqa: ANN401
    """The same for programs, with figures filled in and limits dated."""
    code, out, err = run(*BATCH, "--idle", "mostly", *REST, "--payload", "10MB", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["service"]["id"] == "lambda-queue"
    assert [x["id"] for x in answer["with"]] == ["by-reference-event"]
    assert answer["because"][-1]["question"] == "idle"
    assert answer["limits"][0]["value"] == 900
    assert answer["limits"][0]["read"]
    assert "{" not in json.dumps([x["figure"] for x in answer["because"]])


def test_what_is_not_given_is_asked_for(run: Any) -> None:  # noqa: ANN401
    """By number or by word, again after a reply that is not in the list; only on the way."""
    code, out, err = run(*BATCH, *REST, typed="maybe\n7\n\n0\n1\n")
    assert (code, out) == (0, "")
    assert "How much of the time is there no work?" in err
    assert "What starts a piece of work?" not in err
    assert "'maybe' is not in the list; 1 to 3, or a word of the list: " in err
    assert err.count("is not in the list") == 4
    assert "\nLambda behind SQS\n" in err
    _, _, err = run(*BATCH, *REST, typed="mostly\n")
    assert "\nLambda behind SQS\n" in err


def test_questions_and_answer_in_japanese(run: Any) -> None:  # noqa: ANN401
    """Texts, figures and the words around them; options, replies and programs stay as they are."""
    code, out, err = run(*BATCH, *REST, "--language", "ja", typed="9\nmostly\n")
    assert (code, out) == (0, "")
    assert f"\n{read_guide_in(Language.JAPANESE).questions['idle'].ask}\n  1  mostly       大部分。" in err
    assert "'9' は一覧にありません。" in err
    assert " の番号または一覧の語を入力してください: " in err
    assert "\nSQS と Lambda\n" in err
    assert "\n理由\n  compliance none: " in err
    assert "Lambda の 1 回の呼び出し: 15 分 (https://docs.aws.amazon.com/" in err
    assert "docs/ja/batch.md#料金" in err
    assert err.endswith(" --language ja\n")
    code, out, _ = run(*BATCH, "--idle", "mostly", *REST, "--language", "ja", "--json")
    assert code == 0
    answer = json.loads(out)
    assert (answer["service"]["id"], answer["service"]["name"]) == ("lambda-queue", "SQS と Lambda")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "--compliance が指定されていません: "),
        (
            ["--budget", "red"],
            "--budget には idle, volume, predictable のいずれかを指定してください ('red' は指定できません)",
        ),
    ],
)
def test_a_wrong_question_in_japanese(run: Any, arguments: list[str], line: str) -> None:  # noqa: ANN401
    """As in English, in one line."""
    code, out, err = run("--language", "ja", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"patterns: {line}")


def test_every_word_of_the_language_is_used(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401
    """By the page, the command, or both; what neither says is not translated either."""
    used: set[str] = set()
    say = Guide.say

    def recorded(guide: Guide, words: str) -> str:
        used.add(words)
        return say(guide, words)

    monkeypatch.setattr(Guide, "say", recorded)
    japanese = read_guide_in(Language.JAPANESE)
    page_text(japanese)
    for workload in (
        [*BATCH, "--idle", "mostly", *REST, "--payload", "10MB"],
        ["--compliance", "machine", *REST, "--team", "some"],
        ["--compliance", "tenants", "--duration", "8h", *REST, "--team", "some"],
    ):
        assert run(*workload, "--language", "ja")[0] == 0
    for typed in ("9\n", None):
        assert run("--language", "ja", typed=typed)[0] != 0
    assert run("--language", "ja", "--budget", "red")[0] == 2
    assert used == set(japanese.words)


def test_an_end_of_input_is_no_reply(run: Any) -> None:  # noqa: ANN401
    """Ctrl-D ends it, with the question that was open."""
    code, _, err = run(*BATCH, *REST, typed="")
    assert code == 1
    assert err.endswith("patterns: the input ended before --idle was answered\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "--compliance is missing: Which rule binds it? (choose from: none, private, tenants, machine)"),
        (["--trigger", "moon"], "--trigger must be one of request, connection, event, schedule, service, not 'moon'"),
        (["--language", "fr"], "--language must be one of en, ja, not 'fr'"),
        (["--budget", ""], "--budget must be one of idle, volume, predictable, not ''"),
        (["--colour", "red"], "No such option: --colour"),
        (["now"], "unexpected extra argument"),
    ],
)
def test_a_wrong_question_is_refused_in_one_line(run: Any, arguments: list[str], line: str) -> None:  # noqa: ANN401
    """Without a terminal nothing is asked; exit code 2."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def test_a_broken_guide_is_named(run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:  # noqa: ANN401
    """A reader who changed it sees which file it is."""
    broken = tmp_path / "choosing.json"
    broken.write_text("{")
    monkeypatch.setattr(read_guide, "__defaults__", (broken,))
    code, _, err = run()
    assert code == 1
    assert err.startswith("patterns: choosing.json: ")
