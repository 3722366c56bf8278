"""The style sheet of all pages: for a phone first, light or dark as the reader's system is, and fit to be printed."""

from collections.abc import Sequence
from html import escape

from patterns_batch.page.charts import STYLES as CHART_STYLES
from patterns_batch.page.languages import Language

__all__ = ["page"]

_STYLES = """
:root{color-scheme:light;--paper:#fff;--card:#f6f7f9;--ink:#16191f;--soft:#545b64;--faint:#d5dbdb;
--first:#086bc9;--second:#c4500d}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--paper:#0f141a;--card:#192129;--ink:#e9ebed;
--soft:#a4adb8;--faint:#39434f;--first:#5ea7ea;--second:#f89256}}
*{box-sizing:border-box}
body{display:flex;flex-wrap:wrap;justify-content:flex-end;margin:0 auto;max-width:70rem;padding:1rem;
background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans",
"Noto Sans JP","Noto Sans CJK JP",Meiryo,sans-serif}
h1{font-size:1.75rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere;text-wrap:balance}
h2{font-size:1.25rem;margin:1.5rem 0 .5rem;padding-top:.75rem;border-top:2px solid var(--ink)}
h3{font-size:1rem;margin:1.25rem 0 .5rem;scroll-margin-top:1rem}
p{margin:.25rem 0}.soft,.tiles dt,small{color:var(--soft)}a{color:var(--first)}
code{overflow-wrap:anywhere;font-size:.875em}
footer{margin-top:1.5rem;font-size:.875rem}
.note{border-left:.25rem solid var(--second);padding:.25rem .75rem;margin:1rem 0}
.language{position:absolute;opacity:0;pointer-events:none}
.language+label{margin:0 0 .5rem .75rem;padding:.125rem .25rem;color:var(--first);cursor:pointer;
border-bottom:2px solid transparent}
.language:checked+label{color:var(--ink);border-color:var(--ink);font-weight:600;cursor:default}
.language:focus-visible+label{outline:2px solid var(--first)}
main{flex:0 0 100%;min-width:0;display:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));gap:.75rem 1.25rem;
margin:1rem 0}
.tiles dd{margin:0}.tiles dt+dd{font-size:1.1875rem;line-height:1.4;font-weight:700;overflow-wrap:anywhere}
.tiles small{display:block;line-height:1.4}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem 1.5rem;margin:1rem 0}
figure{margin:0;min-width:0}figcaption,caption,summary{font-weight:600;text-align:left;padding:.25rem 0;font-size:1rem}
.chart{border-top:1px solid var(--faint)}.chart p{font-size:.875rem}
.tables{columns:30rem;column-gap:1.5rem}
.table{border-top:1px solid var(--faint);margin:0 0 1rem;break-inside:avoid-column}
.table p{font-size:.875rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .375rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--faint)}
td{white-space:nowrap}thead th{word-break:keep-all;color:var(--soft);font-weight:600;vertical-align:bottom}
tbody th,th.left{text-align:left}tbody th{font-weight:400;overflow-wrap:anywhere;min-width:6rem}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
@media screen and (max-width:30rem){table{font-size:.8125rem}th,td{padding:.25rem .1875rem}.rank{display:none}
tbody th{min-width:5rem}}
summary{cursor:pointer;color:var(--first)}
.contents{columns:9rem;margin:.25rem 0 1rem;padding:0;list-style:none}.contents li{break-inside:avoid;padding:.125rem 0}
.contents ul{list-style:none;padding:0}
@media print{@page{margin:12mm}html{font-size:11px}body{font-size:11px;max-width:none;padding:0}
.language,.language+label{display:none}h1{font-size:1.75rem}h2{margin:.75rem 0 .25rem}h3{margin:.75rem 0 .25rem}
.tiles{grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));margin:.5rem 0;gap:.5rem 1rem}
.grid{grid-template-columns:1fr 1fr;gap:.5rem 1.5rem;margin:.5rem 0}
.tables{columns:2}table{font-size:.8125rem}th,td{padding:.125rem .25rem}tr,.chart,.short{break-inside:avoid}
.table{break-inside:auto;margin-bottom:.5rem}.table.short{break-inside:avoid}summary{color:inherit;list-style:none}
details::details-content{content-visibility:visible;display:block;height:auto}.wide{overflow:visible}
a{color:inherit}thead{display:table-header-group}}
"""


def page(title: str, bodies: Sequence[tuple[Language, str]]) -> str:
    """Return a whole page; ``title`` is text, and the bodies are HTML already, that of the shop's language first.

    The switch between languages is a group of radio buttons: a page that is opened by a signed address, or was saved,
    has no second page that a link could lead to.
    """
    switch = "".join(
        f'#in-{language.code}:checked~main[data-language="{language.code}"]{{display:block}}' for language, _ in bodies
    )
    styles = (_STYLES + CHART_STYLES + switch).replace("\n", "")
    return (
        f'<!doctype html>\n<html lang="{bodies[0][0].formats.tag}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{styles}</style>\n</head>\n<body>\n"
        f"{_switch(bodies)}\n{_mains(bodies)}\n</body>\n</html>\n"
    )


def _switch(bodies: Sequence[tuple[Language, str]]) -> str:
    """Return the radio buttons."""
    return "\n".join(
        f'<input class="language" type="radio" name="language" id="in-{language.code}"{"" if number else " checked"}>'
        f'<label for="in-{language.code}" lang="{language.code}">{language.texts.name}</label>'
        for number, (language, _) in enumerate(bodies)
    )


def _mains(bodies: Sequence[tuple[Language, str]]) -> str:
    return "\n".join(
        f'<main lang="{language.formats.tag}" data-language="{language.code}">\n{body}\n</main>'
        for language, body in bodies
    )
