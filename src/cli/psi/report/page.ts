import { createHash } from 'node:crypto';
import type { AppliedRule, Side, Summary } from '../summary.ts';
import { frequencyCards } from './draw-frequency.ts';
import { matchRates, overlapFigure } from './draw-overlap.ts';
import { timeCard } from './draw-time.ts';
import { escaped, grouped, identifiers, name } from './html.ts';
import { STYLE } from './style.ts';

/**
 * The report: one page that loads nothing and runs nothing. Its content security policy forbids both, whatever stands in the names it shows. It has numbers and names of
 * files and columns, never a row.
 * @param files written beside it, e.g. `result.csv`
 */
export function reportPage(summary: Summary, files: readonly string[] = []): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Private set intersection: ${escaped(summary.reveal)}</title>
<style>${STYLE}</style>
</head>
<body>
<header class="mast">${ROSE}<span class="brand">subrosa</span><span class="what">private set intersection · ${escaped(summary.reveal)}${summary.mutual ? ', mutual' : ''}</span><time datetime="${escaped(summary.finished)}">${escaped(day(summary.finished))}</time></header>
<main>
<section class="hero card wide"><div class="say">${headline(summary)}${matchRates(summary)}${filesNote(files)}</div>${overlapFigure(summary)}</section>
${frequencyCards(summary)}
${learnedCard(summary)}
${rulesCard(summary)}
${sizesCard(summary)}
${timeCard(summary)}
</main>
${footer(summary)}
</body>
</html>
`;
}

/** Five petals. */
const ROSE = `<svg class="rose" viewBox="-12 -12 24 24" aria-hidden="true">${[0, 72, 144, 216, 288]
  .map((angle) => `<ellipse class="petal" cx="0" cy="-5.6" rx="4.4" ry="5" transform="rotate(${angle})"/>`)
  .join('')}<circle class="heart" r="2.6"/></svg>`;

function headline(summary: Summary): string {
  const { count, suppressed, sum, sizes, inputs, noise } = summary;
  if (suppressed) {
    return `<h1>Suppressed</h1><p class="lead">The overlap is below the agreed minimum. Neither its size nor a result is given.</p>`;
  }
  if (count === null) {
    return '<h1>Done</h1><p class="lead">The result went to the left side. This side learned what is listed below, and no more.</p>';
  }
  const both = `<h1>${grouped(count)}<span class="unit">in both sets</span></h1>`;
  const of = `<p class="lead">of ${identifiers(sizes.left)} on the left and ${grouped(sizes.right)} on the right</p>`;
  if (sum === undefined) return both + of;
  const column = inputs.right?.value === undefined ? 'the right side’s values' : name(inputs.right.value);
  const mean = count > 0 ? `, ${grouped(Math.round((100 * sum) / count) / 100)} for each on average` : '';
  const spread = noise
    ? ` The right side caps large values and adds noise: its own sum is within ${grouped(noise.within95)} in 95 % of runs.`
    : '';
  return `${both}${of}<p class="total"><b>${grouped(sum)}</b> sum of ${column} over them${mean}.${spread}</p>`;
}

function filesNote(files: readonly string[]): string {
  const tables = files.filter((file) => file.endsWith('.csv'));
  if (tables.length === 0) return '';
  const list = tables.map((file) => `<code>${escaped(file)}</code>`).join(' and ');
  return `<p class="small">The matching rows, with all their columns, are in ${list} beside this page; none of them is on it.</p>`;
}

function learnedCard({ learned, party, suppressed }: Summary): string {
  const role: Record<Side, string> = { left: 'receives the result', right: 'answers' };
  const column = (side: Side) => {
    const you = party === side ? ' · this side' : '';
    const items = learned[side].map((sentence) => `<li>${escaped(sentence)}</li>`).join('');
    return `<div class="party ${side}"><h3>${side}<span>${role[side]}${you}</span></h3><ul>${items}</ul></div>`;
  };
  const rest = suppressed ? '' : ' No identifier outside the overlap was shown to the other side.';
  return `<section class="card wide"><h2>What each party learned</h2><div class="parties">${column('left')}${column('right')}</div><p class="small">That is all, if both followed the protocol.${rest}</p></section>`;
}

function rulesCard({ policy, noise }: Summary): string {
  const list = (kind: AppliedRule['enforcedBy']) =>
    policy
      .filter(({ enforcedBy }) => enforcedBy === kind)
      .map(
        ({ rule, value, note }) =>
          `<li><p class="rule">${escaped(rule)}: <b>${escaped(value)}</b></p><p class="small">${escaped(note)}</p></li>`,
      )
      .join('') || '<li class="none">nothing</li>';
  const added = noise
    ? `<p class="small">Noise: ${noise.mechanism === 'discrete-laplace' ? 'discrete Laplace' : 'discrete Gaussian'}, scale ${grouped(noise.scale)}; a number is within ${grouped(noise.within95)} of the one without it in 95 % of runs.</p>`
    : '';
  return `<section class="card wide"><h2>What protects it</h2><div class="parties"><div class="held cryptography"><h3>cryptography<span>holds against any program that looks at what was sent</span></h3><ul>${list('cryptography')}</ul></div><div class="held policy"><h3>policy<span>a promise of one party’s software</span></h3><ul>${list('policy')}</ul></div></div>${added}</section>`;
}

function sizesCard({ inputs, sizes, duplicatesRemoved, unusable, versions }: Summary): string {
  const other = '<span class="unknown">not known here</span>';
  const number = (value: number | null | undefined) => (value == null ? other : grouped(value));
  const text = (values: readonly string[] | undefined) => (values ? values.map(name).join(', ') : other);
  const rows: [string, (side: Side) => string][] = [
    ['file', (side) => text(inputs[side] ? [inputs[side].file] : undefined)],
    ['key', (side) => text(inputs[side]?.key)],
    ['rows', (side) => number(inputs[side]?.rows)],
    ['without a usable identifier', (side) => number(unusable[side])],
    ['duplicates removed', (side) => number(duplicatesRemoved[side])],
    ['distinct identifiers', (side) => `<b>${grouped(sizes[side])}</b>`],
  ];
  if (inputs.right?.value !== undefined) {
    const { value } = inputs.right;
    rows.splice(2, 0, ['value', (side) => (side === 'right' ? name(value) : '–')]);
  }
  const body = rows.map(
    ([label, cell]) => `<tr><th scope="row">${label}</th><td>${cell('left')}</td><td>${cell('right')}</td></tr>`,
  );
  return `<section class="card wide"><h2>What went in</h2><div class="scroll"><table class="inputs"><thead><tr><td></td><th scope="col">left</th><th scope="col">right</th></tr></thead><tbody>${body.join('')}</tbody></table></div><p class="small">Identifiers were compared by the rule ${name(versions.normalisation)}.</p></section>`;
}

function footer({ versions, session, identities, finished }: Summary): string {
  const facts: [string, string][] = [
    ['protocol', `${escaped(versions.protocol)}, ${escaped(versions.suite)}`],
    ['made by', `subrosa ${escaped(versions.subrosa)}`],
    ['finished', escaped(finished)],
    ['session', `<code>${escaped(session)}</code>`],
  ];
  if (identities) {
    facts.push(
      ['left key', `<code>${escaped(identities.left)}</code>`],
      ['right key', `<code>${escaped(identities.right)}</code>`],
    );
  }
  return `<footer><dl>${facts.map(([label, value]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`).join('')}</dl></footer>`;
}

/** 22 November 2026, 14:05 UTC; what is no date stays as it is. */
function day(finished: string): string {
  const date = new Date(finished);
  if (Number.isNaN(date.getTime())) return finished;
  const text = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${text}, ${date.toISOString().slice(11, 16)} UTC`;
}
