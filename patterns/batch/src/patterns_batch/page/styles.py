"""The style sheet of all pages: for a phone first, light or dark as the reader's system is, and fit to be printed."""

from patterns_batch.page.charts import STYLES as CHART_STYLES

__all__ = ["page"]

_STYLES = """
:root{color-scheme:light dark;--paper:#fff;--card:#f6f7f9;--ink:#16191f;--soft:#545b64;--faint:#d5dbdb;
--first:#086bc9;--second:#e07941;--third:#037f0c;--fourth:#d91515}
@media (prefers-color-scheme:dark){:root{--paper:#0f141a;--card:#192129;--ink:#e9ebed;--soft:#a4adb8;--faint:#39434f;
--first:#539fe5;--second:#f89256;--third:#4fb155;--fourth:#ff7a7a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:1rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.25rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.25rem 0}.soft,caption,th{color:var(--soft)}a{color:var(--first)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1rem 0}
.tile,.chart,.table{background:var(--card);border-radius:.5rem;padding:.75rem;min-width:0}
.tile b{display:block;font-size:1.25rem;overflow-wrap:anywhere}.tile small{display:block;color:var(--soft)}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.75rem;margin:.75rem 0}
.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));align-items:start}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid var(--faint);white-space:nowrap}
th:first-child,td:first-child{text-align:left}tr:last-child td{border-bottom:0}th{font-weight:600}
summary{cursor:pointer;font-weight:600}.note{border-left:.25rem solid var(--second);padding:.25rem .75rem;margin:1rem 0}
code{overflow-wrap:anywhere}@media print{body{max-width:none}.chart,.table,.tile{break-inside:avoid}}
"""


def page(title: str, body: str) -> str:
    """Return a whole page; ``title`` and ``body`` are HTML already."""
    styles = (_STYLES + CHART_STYLES).replace("\n", "")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{styles}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
