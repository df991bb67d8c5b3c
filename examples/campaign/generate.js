// Makes the two files of a campaign, the same ones for the same seed:
//
//   node examples/campaign/generate.js --seed 1 --left 20000 --right 30000 --out DIR
//
// DIR/advertiser.csv: a brand's customers. DIR/publisher.csv: a marketplace's audience, one line for each day on which a user was shown
// the campaign or bought something. --left and --right count people; about a third of the smaller side is on both.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FIRST_NAMES, LAST_NAMES } from './names.js';
import { random } from './random.js';

// Percent of people: round estimates for consumers in the United States, whose long tail of small providers is left out.
const PROVIDERS = [
  ['gmail.com', 53],
  ['yahoo.com', 18],
  ['hotmail.com', 8],
  ['aol.com', 5],
  ['outlook.com', 4],
  ['icloud.com', 4],
  ['comcast.net', 2],
  ['msn.com', 1],
  ['live.com', 1],
  ['att.net', 1],
  ['sbcglobal.net', 1],
  ['verizon.net', 1],
  ['proton.me', 1],
];
const LARGEST = 2_000_000; // people on one side
const DAYS = 28; // of the campaign, in March 2026
const MOST_EXPOSURES = 500; // of one user
const LARGEST_BASKET = 500_000; // cents

const options = readOptions();
const draw = random(options.seed);

// --- People -----------------------------------------------------------------------------------------------------------------

const zipf = (_name, rank) => Math.floor(1e9 / (rank + 3));
const firstName = draw.weighted(FIRST_NAMES, zipf);
const lastName = draw.weighted(LAST_NAMES, zipf);
const provider = draw.weighted(PROVIDERS, ([, percent]) => percent);
const taken = new Set();

function person() {
  const first = firstName();
  const last = lastName();
  return { first, last, email: address(plain(first), plain(last)) };
}

/** What people take: names in some order, with a number when they like one or when the plain form has gone. */
function address(first, last) {
  const forms = [`${first}.${last}`, `${first}${last}`, `${first[0]}${last}`, `${first}_${last}`, `${last}.${first}`];
  const [domain] = provider();
  const local = forms[Math.min(draw.below(3), draw.below(5))];
  const year = () => String(1945 + draw.below(62));
  let found = `${draw.chance(25) ? local + year().slice(2) : local}@${domain}`;
  for (let tries = 1; taken.has(found); tries++) {
    found = `${local}${tries < 4 ? year() : draw.below(10 ** Math.min(tries, 9))}@${domain}`;
  }
  taken.add(found);
  return found;
}

/** `O'Brien` and `Müller` as mailboxes spell them. */
function plain(name) {
  return name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

// --- The two files ----------------------------------------------------------------------------------------------------------

const shared = Math.round(0.35 * Math.min(options.left, options.right));
const people = (count) => Array.from({ length: count }, person);
const both = people(shared);
const customers = draw.shuffle([...both, ...people(options.left - shared)]);
const audience = draw.shuffle([...both, ...people(options.right - shared)]);

/** As people and clerks type it: now and then with capitals or a space. */
function typed({ first, email }) {
  if (draw.chance(4))
    return email.replace(
      plain(first),
      plain(first).replace(/^./, (c) => c.toUpperCase()),
    );
  if (draw.chance(2)) return email.toUpperCase();
  return draw.chance(1) ? `${email} ` : email;
}

function advertiser() {
  const rows = [];
  for (const customer of customers) {
    // 3 % were entered twice, and 2 % of entries are of people who gave no address.
    for (let entries = draw.chance(3) ? 2 : 1; entries > 0; entries--) rows.push([customer, typed(customer)]);
    if (draw.chance(2)) rows.push([{ first: firstName(), last: lastName() }, '']);
  }
  const lines = draw
    .shuffle(rows)
    .map(([{ first, last }, email], i) => `C${100_001 + i},${first},${last},${email},${2012 + draw.below(14)}`);
  return ['customer,first_name,last_name,email,since', ...lines];
}

function publisher() {
  const rows = [];
  for (const user of audience) {
    // A tenth is held out: in the audience, and never shown the campaign.
    const exposed = !draw.chance(10);
    const days = new Map(); // day -> exposures
    if (exposed) {
      let left = Math.min(1 + draw.tail(2), MOST_EXPOSURES);
      while (left > 0) {
        const some = 1 + draw.below(Math.min(left, 12));
        const day = 1 + draw.below(DAYS);
        days.set(day, (days.get(day) ?? 0) + some);
        left -= some;
      }
    } else days.set(1 + draw.below(DAYS), 0);
    const baskets = new Map(); // day -> cents
    while (draw.chance(exposed ? 14 : 9)) {
      const day = 1 + draw.below(DAYS);
      baskets.set(day, Math.min((baskets.get(day) ?? 0) + 499 + draw.tail(4200), LARGEST_BASKET));
    }
    for (const day of new Set([...days.keys(), ...baskets.keys()])) {
      rows.push([user.email, day, days.get(day) ?? 0, baskets.get(day) ?? '']);
    }
  }
  const lines = draw
    .shuffle(rows)
    .map(([email, day, exposures, cents]) => `${email},2026-03-${String(day).padStart(2, '0')},${exposures},${cents}`);
  return ['email,day,exposures,spend_cents', ...lines];
}

mkdirSync(options.out, { recursive: true });
for (const [name, lines] of [
  ['advertiser.csv', advertiser()],
  ['publisher.csv', publisher()],
]) {
  writeFileSync(join(options.out, name), `${lines.join('\n')}\n`);
  console.log(`${join(options.out, name)}: ${lines.length - 1} rows`);
}

function readOptions() {
  const fail = (message) => {
    console.error(`generate.js: ${message}\nusage: node generate.js --seed 1 --left 20000 --right 30000 --out DIR`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        seed: { type: 'string' },
        left: { type: 'string' },
        right: { type: 'string' },
        out: { type: 'string' },
      },
    }));
  } catch (error) {
    return fail(error.message);
  }
  const integer = (name, least, most) => {
    const text = values[name] ?? '';
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text) || value < least || value > most) {
      fail(`--${name} ${JSON.stringify(text)}: expected an integer in ${least} .. ${most}`);
    }
    return value;
  };
  if (!values.out) return fail('--out DIR is missing');
  return {
    seed: integer('seed', 0, 2 ** 32 - 1),
    left: integer('left', 1, LARGEST),
    right: integer('right', 1, LARGEST),
    out: values.out,
  };
}
