/**
 * The report's style sheet. Blue and orange of the palette of Okabe and Ito, which colour-blind readers tell apart; the overlap is hatched, so that a black
 * and white print shows it too.
 */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --page: #f6f4f0; --card: #fffefc; --ink: #22201d; --soft: #6a655e; --line: #e2ddd4; --track: #ece8e0;
  --left: #0072b2; --left-fill: #bcdcf0; --right: #b35900; --right-fill: #fadcae; --both: #3b2f4a; --both-fill: #d9c6d8;
  --rose: #b5355a; --shadow: 0 1px 2px #0000000d, 0 6px 24px #0000000a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16151a; --card: #1f1e24; --ink: #ece8e1; --soft: #a29c94; --line: #35333b; --track: #2c2a32;
    --left: #6ec1f0; --left-fill: #173f57; --right: #f0a94a; --right-fill: #55391a; --both: #f1e4f2; --both-fill: #5d4a63;
    --rose: #e77a99; --shadow: none;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; padding: 28px clamp(14px, 4vw, 40px) 40px; -webkit-text-size-adjust: 100%;
}
.mast, main, footer { max-width: 1080px; margin-inline: auto; }
.mast { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; padding: 0 4px 18px; color: var(--soft); }
.rose { width: 28px; height: 28px; }
.petal { fill: var(--rose); stroke: var(--page); stroke-width: .8; }
.heart { fill: var(--page); }
.brand { font: italic 600 24px/1 Georgia, "Iowan Old Style", "DejaVu Serif", serif; color: var(--ink); letter-spacing: -.01em; margin-right: 6px; }
.what { margin-top: 3px; }
time { margin-left: auto; margin-top: 3px; }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 22px 26px 24px; min-width: 0; }
.wide { grid-column: 1 / -1; }
h2 { font: 600 17px/1.3 Georgia, "Iowan Old Style", "DejaVu Serif", serif; margin-bottom: 14px; }
h3 { font-size: 15px; line-height: 1.4; font-weight: 650; margin-bottom: 8px; }
h3 span { color: var(--soft); font-weight: 400; margin-left: 8px; }
.small { color: var(--soft); font-size: 13.5px; line-height: 1.5; }
.card > .small { margin-top: 12px; }
code { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.name { overflow-wrap: anywhere; }
.hero { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 20px 36px; align-items: center; padding: 30px 34px; }
h1 { font: 400 clamp(44px, 6.4vw, 68px)/1.02 Georgia, "Iowan Old Style", "DejaVu Serif", serif; letter-spacing: -.025em; overflow-wrap: anywhere; }
h1 .unit { display: block; font-size: 24px; line-height: 1.3; letter-spacing: 0; }
.lead { color: var(--soft); font-size: 16px; margin-top: 6px; max-width: 38ch; }
.total { margin-top: 16px; padding-top: 14px; border-top: 1px solid var(--line); }
.total b { font: 400 30px/1.2 Georgia, "Iowan Old Style", "DejaVu Serif", serif; display: block; letter-spacing: -.01em; overflow-wrap: anywhere; }
.rates { margin-top: 20px; }
.say > .small { margin-top: 16px; }
.rate { display: flex; align-items: center; gap: 12px; margin-top: 6px; }
.rate-name { width: 38px; flex: none; color: var(--soft); }
.rate-value { width: 72px; flex: none; text-align: right; }
.rate svg { flex: 1; min-width: 0; display: block; }
.track { fill: var(--track); }
.fill.left, .dot, .curve { fill: var(--left); }
.fill.right { fill: var(--right); }
.overlap svg:not(.swatch) { width: 100%; height: auto; display: block; }
.overlap figcaption { color: var(--soft); font-size: 13px; text-align: center; margin-top: 4px; }
.set { stroke: none; }
.set.left { fill: var(--left-fill); }
.set.right { fill: var(--right-fill); }
.set.both { fill: url(#hatch); }
.swatch .set.both { fill: var(--both-fill); stroke: var(--both); }
.both-ground { fill: var(--both-fill); }
.both-line { stroke: var(--both); stroke-width: 1.6; opacity: .32; }
.rim { fill: none; stroke-width: 2; }
.rim.left { stroke: var(--left); }
.rim.right { stroke: var(--right); }
.set.unknown { opacity: .55; }
.number { fill: var(--ink); font-size: 15px; }
.number.both { font-weight: 650; paint-order: stroke; stroke: var(--both-fill); stroke-width: 5px; stroke-linejoin: round; }
.question { fill: var(--ink); font: 400 38px Georgia, "DejaVu Serif", serif; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 20px; justify-content: center; margin-top: 10px; font-size: 14px; }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend span { color: var(--soft); }
.legend b { font-weight: 600; }
.swatch { width: 13px; height: 13px; flex: none; }
.card > svg { width: 100%; max-width: 520px; height: auto; display: block; margin-inline: auto; }
.axis { stroke: var(--soft); fill: none; }
.area { fill: var(--left-fill); opacity: .55; }
.curve { fill: none; stroke: var(--left); stroke-width: 2.5; stroke-linejoin: round; }
.dot { stroke: var(--card); stroke-width: 2; }
.bar { fill: var(--left); }
.whisker { stroke: var(--ink); stroke-width: 1.5; }
.value { fill: var(--ink); font-size: 13px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.tick { fill: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; font-weight: 400; padding: 6px 0 6px 18px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr > :first-child { text-align: left; padding-left: 0; }
thead th { color: var(--soft); font-size: 13.5px; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { color: var(--soft); }
table.inputs { table-layout: fixed; }
.numbers td { white-space: nowrap; }
.numbers td.prose { white-space: normal; }
td.share, th.share { color: var(--soft); padding-left: 10px; }
td.prose { text-align: left; color: var(--soft); }
.unknown, .none { color: var(--soft); font-style: italic; }
.parties { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px 34px; }
.party, .held { border-left: 3px solid var(--line); padding-left: 16px; }
.party.left { border-color: var(--left); }
.party.right { border-color: var(--right); }
.held.cryptography { border-color: var(--ink); }
.held.policy { border-left-style: dashed; border-color: var(--soft); }
.parties ul { padding: 0; list-style: none; }
.parties li + li { margin-top: 8px; }
.party li::first-letter { text-transform: uppercase; }
.rule::first-letter { text-transform: uppercase; }
.rule b { font-weight: 600; }
.facts { display: flex; flex-wrap: wrap; gap: 10px 40px; margin-bottom: 18px; }
dt { color: var(--soft); font-size: 13.5px; }
dd { margin: 0; }
.facts dd { font-size: 20px; line-height: 1.3; }
.phases { margin-top: 14px; }
.phases .swatch { margin-right: 8px; vertical-align: -1px; }
.phase { stroke: var(--card); stroke-width: 2; }
.phase-name { font-size: 13px; fill: #1b1a18; }
.read { fill: #b8b2a7; } .connect { fill: #e8e2a0; } .blind { fill: #56b4e9; } .evaluate { fill: #4fc2a1; }
.offer { fill: #f0b13c; } .match { fill: #d99bc0; } .result { fill: #e88a5a; } .write, .other { fill: #d6d0c6; }
footer { margin-top: 26px; padding: 0 4px; font-size: 13px; color: var(--soft); }
footer dl { display: flex; flex-wrap: wrap; gap: 8px 34px; }
footer dt { font-size: 12px; }
@media (max-width: 760px) {
  body { padding-top: 18px; }
  main { grid-template-columns: minmax(0, 1fr); gap: 14px; }
  .hero, .parties { grid-template-columns: minmax(0, 1fr); }
  .card, .hero { padding: 20px 18px; }
  time { margin-left: 0; width: 100%; }
  .phases .prose { display: none; }
  .phases thead td { display: none; }
  .value, .tick, .number { font-size: 15px; }
  .name { font-size: 13px; }
  .inputs tr > :first-child { width: 28%; }
  th, td { padding-left: 12px; }
  .phase-name { font-size: 11.5px; }
  .facts { gap: 10px 26px; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --track: #e6e6e6; --left: #0072b2; --left-fill: #bcdcf0;
    --right: #b35900; --right-fill: #fadcae; --both: #3b2f4a; --both-fill: #d9c6d8; --rose: #b5355a; --shadow: none;
  }
  @page { margin: 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; font-size: 12.5px; }
  main { gap: 10px; }
  .card { break-inside: avoid; padding: 14px 18px; border-radius: 8px; }
  .hero, .parties, main { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .phases .prose, .phases thead td { display: table-cell; }
  h1 { font-size: 46px; }
  h3, .lead { font-size: 13px; }
  .small, thead th, dt, .legend { font-size: 11.5px; }
  .facts dd { font-size: 16px; }
  th, td { padding-top: 3px; padding-bottom: 3px; }
  .value, .tick, .number { font-size: 13px; }
}
`;
