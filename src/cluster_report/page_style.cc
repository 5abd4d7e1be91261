// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/page_style.h"

namespace trainyard {

// Colours of parts stand as --c on classes "c-NAME"; whatever shows a part takes it from there.
const char* const kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #e1e3e0;
  --grid: #e8eae7; --accent: #1f5fa8; --warn: #b3261e;
  --blue: #2f6db5; --sky: #6aa5dc; --ice: #a9cdec; --navy: #1d4777;
  --orange: #d9822b; --amber: #efb361; --rust: #b9501f; --sand: #f3cf9d; --brick: #963d2e;
  --teal: #2f8f7f; --mint: #79c2b3; --violet: #8466b5; --lilac: #b9a5da;
  --grey: #8b929a; --mist: #cfd4d8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1c2024; --ink: #e9ecee; --soft: #a1abb4; --line: #2f353b;
    --grid: #2b3137; --accent: #7db4ee; --warn: #ff8a80;
    --blue: #4d8fdb; --sky: #7fb6ea; --ice: #b5d6f2; --navy: #345f93;
    --orange: #e08e3a; --amber: #f0b96c; --rust: #cf6630; --sand: #f3d3a5; --brick: #b25445;
    --teal: #3fa493; --mint: #83cabb; --violet: #9d80cf; --lilac: #c3b1e1;
    --grey: #7d858d; --mist: #464d54;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1040px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.15; margin: 0 0 .4rem;
     letter-spacing: -.02em; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 .2rem; letter-spacing: -.01em; }
h3 { font-size: .95rem; margin: 1.4rem 0 .3rem; }
p { margin: 0 0 .8rem; max-width: 74ch; }
a { color: var(--accent); }
.under { color: var(--soft); overflow-wrap: anywhere; }
.lead { font-size: 1.1rem; max-width: 68ch; margin: 1.2rem 0; }
.lead b { font-weight: 650; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .9rem; margin: 1.4rem 0 0; }
nav a { text-decoration: none; }
nav a:hover, nav a:focus { text-decoration: underline; }
section, .tiles > div {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
}
section { padding: 1.4rem 1.5rem 1.2rem; margin-top: 1.25rem; }
section > p { color: var(--soft); font-size: .93rem; }
.tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
         margin: 0; }
.tiles > div { padding: .8rem 1rem .7rem; }
.tiles dt { font-size: .8rem; color: var(--soft); }
.tiles dd { margin: 0; }
.tiles dd.big { font-size: 1.55rem; font-weight: 620; letter-spacing: -.02em; line-height: 1.25;
                font-variant-numeric: tabular-nums; white-space: nowrap; }
.tiles dd.small { font-size: .8rem; color: var(--soft); }
.strip { display: flex; height: 26px; border-radius: 6px; overflow: hidden; margin: .7rem 0 .6rem;
         gap: 1px; background: var(--card); }
.strip > span { background: var(--c); min-width: 1px; }
.strip > .c-pipeline_bubble { background: repeating-linear-gradient(135deg, var(--mist) 0 4px,
  color-mix(in srgb, var(--mist) 55%, var(--card)) 4px 8px); }
.swatch { display: inline-block; width: .75em; height: .75em; border-radius: 3px;
          background: var(--c); margin-right: .5em; vertical-align: -.03em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
         vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: .8rem; vertical-align: bottom; }
tbody th { font-weight: 500; }
tr > :last-child { padding-right: 0; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.bar { width: 34%; min-width: 90px; }
td.bar > span { display: block; height: .85em; margin-top: .32em; border-radius: 3px;
                background: var(--c); min-width: 1px; }
td.path { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .82rem;
          overflow-wrap: anywhere; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 620; }
caption { text-align: left; color: var(--soft); font-size: .82rem; padding-bottom: .3rem; }
details { margin-top: .8rem; font-size: .93rem; }
summary { cursor: pointer; color: var(--accent); font-size: .88rem; }
details > .scroll, details > pre { margin-top: .5rem; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 8px;
      padding: .8rem 1rem;
      overflow-x: auto; font: .82rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
svg { display: block; width: 100%; min-width: 620px; height: auto; margin-top: .6rem;
      font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
svg text { fill: var(--soft); font-variant-numeric: tabular-nums; }
svg text.ink { fill: var(--ink); }
svg text.on { fill: #fff; font-size: 10px; text-anchor: middle; }
svg .end { text-anchor: end; }
svg .mid { text-anchor: middle; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .rail { fill: var(--mist); opacity: .45; }
svg .cut { fill: none; stroke: var(--soft); stroke-dasharray: 3 3; }
svg .full { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 6 4; }
svg text.full { fill: var(--warn); stroke: none; }
svg .line { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round; }
svg .line.other { stroke-dasharray: 6 4; }
svg .band { fill: var(--c); opacity: .18; }
svg .dot { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
svg .dot.hollow { fill: var(--card); stroke: var(--c); }
svg .dot.here { stroke: var(--ink); stroke-width: 2; }
svg .part { fill: var(--c); }
svg .later { opacity: .72; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0;
          margin: .6rem 0 0; font-size: .85rem; color: var(--soft); }
.badge { display: inline-block; font-size: .75rem; padding: 0 .5em; border-radius: 99px;
         border: 1px solid var(--c); color: var(--ink); white-space: nowrap; }
footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; }
.c-matmul, .c-arithmetic, .c-forward, .c-parameters { --c: var(--blue); }
.c-attention, .c-hbm { --c: var(--sky); }
.c-elementwise { --c: var(--ice); }
.c-recompute { --c: var(--navy); }
.c-launch, .c-active, .c-workspace { --c: var(--grey); }
.c-tensor_exchange, .c-exchange, .c-links, .c-gradients, .c-backward { --c: var(--orange); }
.c-context_exchange, .c-switches, .c-windows { --c: var(--amber); }
.c-expert_exchange, .c-network { --c: var(--rust); }
.c-parameter_gather { --c: var(--sand); }
.c-pipeline_bubble, .c-idle { --c: var(--mist); }
.c-data_exchange { --c: var(--brick); }
.c-optimizer, .c-host, .c-published { --c: var(--teal); }
.c-assumed { --c: var(--amber); }
.c-overhead, .c-supply, .c-derived { --c: var(--lilac); }
.c-cooling { --c: var(--mint); }
.c-facility, .c-weights, .c-activations, .c-keys_and_values, .c-what-if { --c: var(--violet); }
.c-useful, .c-disk { --c: var(--blue); }
.c-rework, .c-memory { --c: var(--rust); }
.c-jitter { --c: var(--amber); }
.c-straggler { --c: var(--sand); }
.c-degraded, .c-validation { --c: var(--violet); }
.c-memory_checkpoint { --c: var(--mint); }
.c-disk_checkpoint { --c: var(--teal); }
.c-detection { --c: var(--grey); }
.c-waiting { --c: var(--mist); }
.c-restart { --c: var(--brick); }
.c-maintenance { --c: var(--navy); }
@media (max-width: 600px) {
  main { padding: 1.4rem .8rem 3rem; }
  section { padding: 1.1rem 1rem 1rem; border-radius: 10px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles dd.big { font-size: 1.25rem; }
  .bar { display: none; }
  svg { min-width: 760px; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --grid: #ddd; }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { break-inside: avoid-page; border: 0; padding: .6rem 0; }
  nav { display: none; }
  svg { min-width: 0; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; }
}
)css";

const char* const kPageScript = R"js(
addEventListener("beforeprint", () => {
  for (const table of document.querySelectorAll("details")) table.open = true;
});
)js";

}  // namespace trainyard
