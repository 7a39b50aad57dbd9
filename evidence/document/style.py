"""The sheet of every page: system fonts, both schemes of colour, and paper."""

from typing import Final

COLOURS: Final = """
:root{color-scheme:light dark;--ink:#111827;--dim:#4b5563;--line:#d1d5db;--ground:#fff;--soft:#f3f4f6;--link:#1d4ed8;
--good:#166534;--good-bg:#dcfce7;--bad:#991b1b;--bad-bg:#fee2e2;--open:#854d0e;--open-bg:#fef9c3;
--exempt:#155e75;--exempt-bg:#cffafe;--plain:#374151;--plain-bg:#e5e7eb}
@media (prefers-color-scheme:dark){:root{--ink:#e5e7eb;--dim:#9ca3af;--line:#374151;--ground:#0b1020;--soft:#151c30;
--link:#93c5fd;--good:#86efac;--good-bg:#14371f;--bad:#fca5a5;--bad-bg:#4c1414;--open:#fde047;--open-bg:#423306;
--exempt:#67e8f9;--exempt-bg:#0c3740;--plain:#d1d5db;--plain-bg:#283142}}
"""
"""Light, and dark where the reader's system is."""

SHEET: Final = (
    COLOURS
    + """\
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(1rem,4vw,3rem) 4rem;max-width:82rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0}h2{font-size:1.35rem;margin:2.6rem 0 .6rem;padding-bottom:.25rem;
border-bottom:2px solid var(--line)}h3{font-size:1.08rem;margin:1.6rem 0 .4rem}h4{font-size:.95rem;margin:1rem 0 .2rem}
p{margin:.4rem 0 .7rem;max-width:76ch}.about,.dim,footer,figcaption{color:var(--dim)}a{color:var(--link)}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--ground);padding:.3rem .6rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:.6rem 0;margin:0;
border-block:1px solid var(--line)}
code{font:.87em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.table{overflow-x:auto;margin:.5rem 0 1rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
tbody th{min-width:8.5rem}caption{text-align:left;color:var(--dim);padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.34rem .6rem;border-bottom:1px solid var(--line);font-weight:400;
overflow-wrap:break-word;min-width:4.5rem}thead th{font-weight:600;background:var(--soft);white-space:nowrap}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.2rem 1.2rem;margin:.4rem 0 1rem}
dt{color:var(--dim)}dd{margin:0}
.tone{display:inline-block;padding:0 .45em;border-radius:.3em;font-weight:600;font-size:.86em;white-space:nowrap}
.good{color:var(--good);background:var(--good-bg)}.bad{color:var(--bad);background:var(--bad-bg)}
.open{color:var(--open);background:var(--open-bg)}.exempt{color:var(--exempt);background:var(--exempt-bg)}
.plain{color:var(--plain);background:var(--plain-bg)}
details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0;padding:0 .8rem}
summary{cursor:pointer;padding:.45rem 0}details[open]{padding-bottom:.6rem}
figure{margin:1rem 0;overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;padding:.5rem}
.attest{border-left:4px solid var(--line);padding:.2rem .8rem;margin:.5rem 0}.attest p{margin:.2rem 0}
.lines{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.2rem 1rem}
.lines span{border-bottom:1px solid var(--dim);padding:1.1rem 0 .1rem}.lines b{font-weight:400;font-size:.78rem;
color:var(--dim)}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.6rem;font-size:.85rem}
@media (max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media print{:root{color-scheme:light;--ink:#000;--ground:#fff;--soft:#f3f4f6;--dim:#333;--line:#bbb}
body{font-size:9.5pt;max-width:none;padding:0}nav,.skip{display:none}h2{break-before:page;margin-top:0}
h2,h3,h4,summary{break-after:avoid}tr,.attest,figure{break-inside:avoid}.table,figure{overflow:visible}
figure svg{max-width:100%;height:auto}a{color:inherit;text-decoration:none}details{border:0;padding:0}
details>*{display:block}details::details-content{content-visibility:visible;display:block}
.tone{border:1px solid currentcolor}@page{size:A4;margin:16mm 14mm}}
"""
)
