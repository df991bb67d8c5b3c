import type { Summary } from '../summary.ts';
import { at, grouped, identifiers, percent } from './html.ts';
import { type Venn, venn } from './venn.ts';

const WIDTH = 460;
const HEIGHT = 280;
const EDGE = 10;
const FONT = 15;
/** Between sets whose overlap is not known, for the question mark; in units of the larger radius. */
const ROOM = 0.35;
/** A circle smaller than this would not be seen. */
const LEAST_RADIUS = 2.5;

/** The overlap drawn to scale, with its legend. Without a count, the two sets beside each other. */
export function overlapFigure(summary: Summary): string {
  const { sizes, count } = summary;
  const shape = venn(sizes.left, sizes.right, count ?? 0);
  const known = count !== null;
  const drawn = place(known ? shape : { ...shape, distance: shape.distance + ROOM });
  const notes: string[] = [];
  if (drawn.enlarged) notes.push('The smaller set is drawn as a dot: to scale it could not be seen.');
  if (known && count > 0 && shape.relation === 'crossing' && drawn.lens < 1) {
    notes.push('To scale the overlap is thinner than a line.');
  }
  if (!known) notes.push('Both sets to scale; how far they overlap is not shown.');
  else if (notes.length === 0) notes.push('Areas to scale.');
  const label = known
    ? `Two circles to scale: ${identifiers(sizes.left)} left, ${grouped(sizes.right)} right, ${grouped(count)} in both`
    : `Two circles to scale: ${identifiers(sizes.left)} left, ${grouped(sizes.right)} right; the overlap is not shown`;
  return `<figure class="overlap">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
<defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="both-ground" width="7" height="7"/><line class="both-line" x1="0" y1="0" x2="0" y2="7"/></pattern>
<clipPath id="in-left">${circle(drawn.left)}</clipPath>
</defs>
${circle(drawn.left, known ? 'set left' : 'set left unknown')}
${circle(drawn.right, known ? 'set right' : 'set right unknown')}
${known && count > 0 ? `<g clip-path="url(#in-left)">${circle(drawn.right, 'set both')}</g>` : ''}
${circle(drawn.left, 'rim left')}
${circle(drawn.right, 'rim right')}
${known ? regionLabels(summary, shape, drawn) : outsideLabels(drawn)}
</svg>
${legend(summary)}
<figcaption>${notes.join(' ')}</figcaption>
</figure>`;
}

interface Circle {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

interface Drawn {
  readonly left: Circle;
  readonly right: Circle;
  /** Width of the lens. */
  readonly lens: number;
  readonly enlarged: boolean;
}

/** Into the middle of the drawing, as large as it goes. */
function place({ leftRadius, rightRadius, distance }: Venn): Drawn {
  const from = Math.min(-leftRadius, distance - rightRadius);
  const to = Math.max(leftRadius, distance + rightRadius);
  const scale = Math.min((WIDTH - 2 * EDGE) / (to - from), (HEIGHT - 2 * EDGE) / 2);
  const x = (WIDTH - scale * (to + from)) / 2;
  const enlarged = scale * Math.min(leftRadius, rightRadius) < LEAST_RADIUS;
  const make = (centre: number, radius: number): Circle => ({
    x: x + scale * centre,
    y: HEIGHT / 2,
    r: Math.max(LEAST_RADIUS, scale * radius),
  });
  return {
    left: make(0, leftRadius),
    right: make(distance, rightRadius),
    lens: scale * (leftRadius + rightRadius - distance),
    enlarged,
  };
}

function circle({ x, y, r }: Circle, classes?: string): string {
  return `<circle${classes ? ` class="${classes}"` : ''} cx="${at(x)}" cy="${at(y)}" r="${at(r)}"/>`;
}

/** Numbers within the regions that are wide enough for them; the legend has all of them. */
function regionLabels({ sizes, count }: Summary, { relation }: Venn, { left, right }: Drawn): string {
  const both = count ?? 0;
  const [l0, l1] = [left.x - left.r, left.x + left.r];
  const [r0, r1] = [right.x - right.r, right.x + right.r];
  const texts: string[] = [];
  const put = (from: number, to: number, users: number, classes: string) => {
    const text = grouped(users);
    if (users > 0 && to - from >= text.length * FONT * 0.58 + 10) {
      texts.push(
        `<text class="${classes}" x="${at((from + to) / 2)}" y="${at(HEIGHT / 2 + FONT / 3)}" text-anchor="middle">${text}</text>`,
      );
    }
  };
  if (relation === 'equal') put(l0, l1, both, 'number both');
  else if (relation === 'apart') {
    put(l0, l1, sizes.left, 'number');
    put(r0, r1, sizes.right, 'number');
  } else {
    // Regions on the line through both centres.
    put(l0, Math.min(l1, r0), sizes.left - both, 'number');
    put(Math.max(l0, r0), Math.min(l1, r1), both, 'number both');
    put(Math.max(r0, l1), r1, sizes.right - both, 'number');
  }
  return texts.join('');
}

function outsideLabels({ left, right }: Drawn): string {
  const x = (left.x + left.r + right.x - right.r) / 2;
  return `<text class="question" x="${at(x)}" y="${at(HEIGHT / 2 + 12)}" text-anchor="middle">?</text>`;
}

function legend({ sizes, count }: Summary): string {
  const entry = (kind: string, label: string, users: number, note = '') =>
    `<li><svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><circle class="set ${kind}" cx="7" cy="7" r="6.5"/></svg><span>${label}</span> <b>${grouped(users)}</b>${note}</li>`;
  if (count === null) {
    return `<ul class="legend">${entry('left', 'left', sizes.left)}${entry('right', 'right', sizes.right)}</ul>`;
  }
  return `<ul class="legend">${entry('left', 'left only', sizes.left - count)}${entry('both', 'both', count)}${entry('right', 'right only', sizes.right - count)}</ul>`;
}

/** How much of each set is in the other: two bars. */
export function matchRates({ sizes, count }: Summary): string {
  if (count === null) return '';
  const bar = (side: 'left' | 'right') => {
    const share = percent(count, sizes[side]);
    const width = at((100 * count) / sizes[side]);
    return `<div class="rate"><span class="rate-name">${side}</span><svg width="100%" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="5"/><rect class="fill ${side}" width="${width}%" height="10" rx="5"/></svg><span class="rate-value">${share}</span></div>`;
  };
  return `<div class="rates" role="group" aria-label="Share of each set that is in both"><p class="small">In both, as a share of each set</p>${bar('left')}${bar('right')}</div>`;
}
