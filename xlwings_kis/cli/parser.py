"""What can be typed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, NoReturn

from xlwings_kis import __version__
from xlwings_kis.cli import mail
from xlwings_kis.cli import serve as cli_serve
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError

EXAMPLES = {
    "": ("xlwings-kis demo", "xlwings-kis table KRX 코스피", "xlwings-kis table UN KOSDAQ --format json"),
    "demo": ("xlwings-kis demo", "xlwings-kis demo -o 예시.xlsx"),
    "table": (
        "xlwings-kis table KRX 코스피",
        "xlwings-kis table UN KOSDAQ --format json",
        "xlwings-kis table NXT KOSPI -o nxt.csv",
        "xlwings-kis table KRX 코스피 --demo -o 표.xlsx",
        "xlwings-kis table UN KOSPI --at 전일마감 --format csv",
        'xlwings-kis table KRX 코스피 --at "2026-11-20 10:30"',
    ),
    "report": (
        "xlwings-kis report -o 보고서.xlsx",
        "xlwings-kis report -o 보고서.xlsx --exchange KRX,NXT,UN --market 코스피",
        "xlwings-kis report --at 마감 --quiet --if-session",
        "xlwings-kis report -o 보고서.xlsx --at 마감 --mail-to desk@company.kr --dry-run",
    ),
    "record": (
        "xlwings-kis record",
        "xlwings-kis record --pairs 모두 --until 15:45",
        'xlwings-kis record --pairs "KRX 코스피, 통합 코스닥" --every 60',
        "xlwings-kis record --csv 폴더",
    ),
    "history": (
        "xlwings-kis history stats",
        "xlwings-kis history export -o 기록.csv --from 2026-11-01",
        "xlwings-kis history import 저장한응답",
    ),
    "history stats": ("xlwings-kis history stats",),
    "history prune": ("xlwings-kis history prune --keep-days 365",),
    "history export": (
        "xlwings-kis history export -o 기록.csv",
        "xlwings-kis history export -o 11월.xlsx --exchange KRX --market 코스피 --from 2026-11-01 --to 2026-11-30",
    ),
    "history import": ("xlwings-kis history import 저장한응답",),
    "simulate": ("xlwings-kis simulate --port 9443", "xlwings-kis simulate --fault html-503 --latency 0.5"),
    "serve": (
        "xlwings-kis serve --demo",
        "xlwings-kis serve --host 0.0.0.0 --port 443 --certfile desk.pem --keyfile desk.key --workers 2",
        "xlwings-kis serve --host 0.0.0.0 --behind-proxy",
    ),
    "serve token": ("xlwings-kis serve token 김트레이더", "xlwings-kis serve token 김트레이더 --remove"),
    "serve manifest": ("xlwings-kis serve manifest --url https://desk.example.kr -o manifest.xml",),
    "login": ("xlwings-kis login", "xlwings-kis login --mail"),
    "log": ("xlwings-kis log", "xlwings-kis log -n 100", "xlwings-kis log -f"),
    "logout": ("xlwings-kis logout", "xlwings-kis logout --all"),
    "addin build": ("xlwings-kis addin build", "xlwings-kis addin build --output excel"),
    "addin": (
        "xlwings-kis addin build",
        "xlwings-kis addin install",
        "xlwings-kis addin status",
        "xlwings-kis addin uninstall",
    ),
    "addin install": ("xlwings-kis addin install",),
    "addin uninstall": ("xlwings-kis addin uninstall",),
    "addin status": ("xlwings-kis addin status", "xlwings-kis addin status --json"),
    "doctor": ("xlwings-kis doctor", "xlwings-kis doctor --json"),
}
"""Commands as a user types them; each is run by a test."""


class _Parser(argparse.ArgumentParser):
    lang = "ko"

    def error(self, message: str) -> NoReturn:
        blank = re.fullmatch(r"argument (.+): blank", message)
        if blank:
            raise UsageError(f"{text('usage_missing', self.lang)} ({blank[1]})")
        raise UsageError(message if self.lang == "en" else self._in_korean(message))

    def _in_korean(self, message: str) -> str:
        """argparse speaks English: its reason in the user's words, with the part that names what is meant."""
        if "required" in message:
            return f"{text('usage_missing', self.lang)} ({message.rpartition(':')[2].strip()})"
        quoted = re.search(r"invalid \w+(?: value)?: '([^']*)'", message)
        what = quoted.group(1) if quoted else message.partition(": ")[2] or message
        return f"{text('usage_extra', self.lang)} ({what})"


def _filled(word: str) -> str:
    """The value of an option that cannot be blank: who gives one, means something by it."""
    if not word.strip():
        raise argparse.ArgumentTypeError("blank")
    return word


def _formatter(usage: str) -> type[argparse.HelpFormatter]:
    class Formatter(argparse.RawDescriptionHelpFormatter):
        def add_usage(self, words: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
            super().add_usage(words, actions, groups, f"{usage}: " if prefix is None else prefix)

    return Formatter


def build(lang: str, commands: dict[str, Callable[[argparse.Namespace], int]]) -> argparse.ArgumentParser:
    """The parser in a language; each command leads to its function."""

    def named(parser: argparse.ArgumentParser, command: str) -> None:
        parser.formatter_class = _formatter(text("usage", lang))
        parser.epilog = "\n".join((f"{text('examples', lang)}:", *(f"  {line}" for line in EXAMPLES[command])))
        for group, title in (
            (parser._positionals, "values" if command else "commands"),
            (parser._optionals, "options"),
        ):
            group.title = text(title, lang)
        parser.add_argument("-h", "--help", action="help", help=text("help", lang))
        parser.add_argument("--lang", choices=("ko", "en"), help=text("lang", lang))

    def command(name: str, of: Any = None) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = (of or commands_of).add_parser(
            name.rpartition(" ")[2], help=text(name, lang), description=text(name, lang), add_help=False
        )
        named(parser, name)
        parser.set_defaults(run=commands.get(name))
        return parser

    _Parser.lang = lang
    root = _Parser(prog="xlwings-kis", description=text("about", lang), add_help=False)
    named(root, "")
    root.add_argument("--version", action="version", version=f"xlwings-kis {__version__}", help=text("version", lang))
    commands_of = root.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    demo = command("demo")
    demo.add_argument("-o", "--output", type=_filled, metavar="FILE", help=text("demo_out", lang))

    table = command("table")
    table.add_argument("exchange", metavar="EXCHANGE", help=text("exchange", lang))
    table.add_argument("market", metavar="MARKET", help=text("market", lang))
    table.add_argument("--format", choices=("table", "json", "csv", "text"), help=text("format", lang))
    table.add_argument("-o", "--output", type=_filled, metavar="FILE", help=text("out", lang))
    table.add_argument("--at", metavar="WHEN", help=text("at", lang))
    table.add_argument("--demo", action="store_true", help=text("demo_flag", lang))

    report = command("report")
    report.add_argument("-o", "--output", type=_filled, metavar="FILE", help=text("report_out", lang))
    report.add_argument("--exchange", metavar="EXCHANGE", action="append", help=text("report_exchange", lang))
    report.add_argument("--market", metavar="MARKET", action="append", help=text("report_market", lang))
    report.add_argument("--at", metavar="WHEN", help=text("report_at", lang))
    report.add_argument("--if-session", action="store_true", help=text("if_session", lang))
    report.add_argument("--quiet", action="store_true", help=text("quiet", lang))
    report.add_argument("--demo", action="store_true", help=text("demo_flag", lang))
    mail.options(report, lang)

    record = command("record")
    record.add_argument("--every", type=float, metavar="SECONDS", help=text("every", lang))
    record.add_argument("--pairs", nargs="+", metavar="PAIR", help=text("pairs", lang))
    record.add_argument("--until", metavar="WHEN", help=text("until", lang))
    record.add_argument("--csv", type=_filled, metavar="FOLDER", help=text("csv", lang))
    record.add_argument("--always", action="store_true", help=text("always", lang))

    history = command("history")
    actions = history.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)

    def action(name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(
            name, help=text(f"history_{name}", lang), description=text(f"history_{name}", lang), add_help=False
        )
        named(parser, f"history {name}")
        return parser

    action("stats")
    prune = action("prune")
    prune.add_argument("--keep-days", type=int, metavar="N", help=text("keep_days", lang))
    prune.add_argument("--compact", action="store_true", help=text("compact", lang))
    export = action("export")
    export.add_argument("-o", "--output", type=_filled, metavar="FILE", required=True, help=text("export_out", lang))
    export.add_argument("--exchange", metavar="EXCHANGE", help=text("exchange", lang))
    export.add_argument("--market", metavar="MARKET", help=text("market", lang))
    export.add_argument("--from", dest="first", type=_filled, metavar="DATE", help=text("first_day", lang))
    export.add_argument("--to", dest="last", type=_filled, metavar="DATE", help=text("last_day", lang))
    action("import").add_argument("folder", metavar="FOLDER", help=text("folder", lang))

    simulate = command("simulate")
    simulate.add_argument("--port", type=int, default=0, help=text("port", lang))
    simulate.add_argument("--fault", type=_filled, metavar="NAME", help=text("fault", lang))
    simulate.add_argument("--latency", type=float, default=0.0, help=text("latency", lang))
    simulate.add_argument("--live", action="store_true", help=text("live", lang))

    cli_serve.options(command, _Parser, lang)

    command("login").add_argument("--mail", action="store_true", help=text("login_mail", lang))
    log = command("log")
    log.add_argument("-f", "--follow", action="store_true", help=text("log_follow", lang))
    log.add_argument("-n", "--lines", type=int, default=20, metavar="N", help=text("log_lines", lang))
    logout = command("logout")
    logout.add_argument("--all", action="store_true", help=text("logout_all", lang))

    addin = command("addin").add_subparsers(dest="part", metavar="COMMAND", required=True, parser_class=_Parser)
    command("addin build", addin).add_argument("--output", type=_filled, metavar="DIR", help=text("addin_out", lang))
    command("addin install", addin)
    command("addin uninstall", addin)
    for examination in (command("addin status", addin), command("doctor")):
        examination.add_argument("--json", action="store_true", help=text("as_json", lang))
    return root
