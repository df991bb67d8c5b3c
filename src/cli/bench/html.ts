const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** @param kind `prose`: cells of text, which wrap; below each other on narrow screens */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: 'numbers' | 'prose' = 'numbers',
): string {
  const body = rows.map(
    (row) =>
      `<tr>${row.map((text, i) => `<td data-head="${escapeHtml(head[i] ?? '')}">${escapeHtml(text)}</td>`).join('')}</tr>`,
  );
  const titles = head.map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  return `<div class="scroll"><table class="${kind}"><thead><tr>${titles}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** One page without scripts or anything to load. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${CSS}</style></head><body><main>
${body}
</main></body></html>
`;
}

const CSS = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1c1c1c; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }
p { max-width: 46rem; margin: .5rem 0; }
.facts { color: #555; font-size: .9rem; }
.warning { border-left: 4px solid #d55e00; padding: .3rem .8rem; background: #fdf3ec; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.2rem 1.6rem; }
figure { margin: .8rem 0; break-inside: avoid; min-width: 0; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .2rem; }
svg { display: block; width: 100%; height: auto; font: 12.5px system-ui, sans-serif; fill: #1c1c1c; }
svg .grid { stroke: #e2e2e2; } svg .axis { stroke: #555; } svg .reference { stroke: #1c1c1c; stroke-dasharray: 5 4; }
svg .label { font-weight: 600; }
.legend { list-style: none; padding: 0; margin: .2rem 0 0; display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
svg.key { width: 34px; height: 12px; flex: none; }
.scroll { overflow-x: auto; }
.wide svg { min-width: 40rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #e2e2e2; vertical-align: top; white-space: nowrap; }
table.prose td { white-space: normal; min-width: 7rem; } table.prose th { white-space: normal; }
details { margin: .8rem 0; } summary { cursor: pointer; }
code { font-size: .9em; }
@media (max-width: 40rem) {
  table.prose, .prose tbody, .prose tr, .prose td { display: block; } .prose thead { display: none; }
  .prose tr { border-bottom: 1px solid #ccc; padding: .4rem 0; } .prose td { border: 0; padding: .1rem 0; }
  .prose td:empty { display: none; } .prose td:first-child { font-weight: 600; }
  .prose td:not(:first-child)::before { content: attr(data-head) ": "; color: #555; }
}
@media print { main { max-width: none; padding: 0; } body { font-size: 11pt; } .scroll { overflow: visible; } .wide svg { min-width: 0; } .figures { grid-template-columns: 1fr 1fr; } h2, figcaption { break-after: avoid; } tr { break-inside: avoid; } table { font-size: 8.5pt; } td { white-space: normal; } table.prose td { min-width: 0; } pre { font-size: 5.2pt; } p { max-width: none; } }
`;
