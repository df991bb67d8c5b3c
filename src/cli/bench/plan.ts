import Table from 'cli-table3';
import type { Reveal } from '../../protocols/psi/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import { ms, quantity } from './format.ts';
import {
  type Model,
  memoryOf,
  type Point,
  type Prediction,
  predict,
  psiMemory,
  psiTerms,
  roundTerms,
  type Target,
} from './model.ts';

/** What a round would cost under one scheme; times in milliseconds, memory and traffic in bytes. */
export interface SchemePlan {
  readonly scheme: SchemeName;
  /** Why there is no prediction, when there is none. */
  readonly impossible?: string;
  readonly client?: {
    readonly ms: Prediction;
    readonly up: Prediction;
    readonly down: number;
    /** What both take on the client's line. */
    readonly transferMs: number;
    readonly memory: number;
  };
  readonly server?: { readonly ms: Prediction; readonly bytes: Prediction; readonly memory: number };
  readonly helpersMs?: Prediction;
}

/** @param bandwidth of a client's line, bits a second in each direction */
export function planRound(model: Model, point: Point, bandwidth: number): SchemePlan[] {
  return (['plain', 'pairwise', 'shares', 'ckks', 'bfv'] as const).map((scheme) =>
    planScheme(model, scheme, point, bandwidth),
  );
}

function planScheme(model: Model, scheme: SchemeName, point: Point, bandwidth: number): SchemePlan {
  const fitted = model.rounds[scheme];
  if (fitted === undefined) return { scheme, impossible: 'not measured' };
  const of = (target: Target) => predict(fitted[target], roundTerms(scheme, point, target));
  const [client, up, server, bytes] = [of('clientMs'), of('bytesUp'), of('serverMs'), of('serverBytes')];
  if (roundTerms(scheme, point, 'clientMs') === undefined) {
    return { scheme, impossible: 'no degree and threshold exist for so many dropouts' };
  }
  if (client === undefined || up === undefined || server === undefined || bytes === undefined) {
    return { scheme, impossible: 'too few cells were measured' };
  }
  const down = of('bytesDown')?.value ?? 0;
  const helpersMs = of('helperMs');
  const memory = (role: 'client' | 'server') => memoryOf(scheme, role, point, fitted['memory']);
  return {
    scheme,
    client: {
      ms: client,
      up,
      down,
      transferMs: (8000 * (up.value + down)) / bandwidth,
      memory: memory('client'),
    },
    server: { ms: server, bytes, memory: memory('server') },
    ...(helpersMs && { helpersMs }),
  };
}

/** What an intersection would cost. */
export interface PsiPlan {
  readonly reveal: Reveal;
  /** Work of both parties on one thread each, if they did not overlap. */
  readonly ms: Prediction;
  readonly leftBytes: Prediction;
  readonly rightBytes: Prediction;
  readonly transferMs: number;
  /** Of the left side, at least. */
  readonly memory: number;
}

export function planPsi(
  model: Model,
  reveal: Reveal,
  left: number,
  right: number,
  bandwidth: number,
): PsiPlan | undefined {
  const fitted = model.psi['ristretto255'];
  const cell = { reveal, left, right };
  const time = predict(fitted?.['wallMs'], psiTerms(cell, 'wallMs'));
  const leftBytes = predict(fitted?.['leftBytes'], psiTerms(cell, 'leftBytes'));
  const rightBytes = predict(fitted?.['rightBytes'], psiTerms(cell, 'rightBytes'));
  if (time === undefined || leftBytes === undefined || rightBytes === undefined) return undefined;
  const transferMs = (8000 * (leftBytes.value + rightBytes.value)) / bandwidth;
  return { reveal, ms: time, leftBytes, rightBytes, transferMs, memory: psiMemory(cell) };
}

const share = ({ dominant, share }: Prediction): string => `${dominant} ${Math.round(100 * share)} %`;

function error({ heldOut }: Prediction): string {
  if (heldOut.cells === 0) return 'unknown';
  return `${percent(heldOut.medianError)} (worst ${percent(heldOut.worstError)} of ${heldOut.cells})`;
}

const percent = (value: number): string => `${value < 0.0095 ? '< 1' : Math.round(100 * value)} %`;

export function roundPlanText(plans: readonly SchemePlan[], model: Model, styled: boolean): string {
  const style = { head: styled ? ['bold'] : [], border: [], compact: true };
  const costs = new Table({
    head: ['scheme', 'client', 'on its line', 'up', 'down', 'memory', 'server', 'bytes', 'memory', 'helpers'],
    style,
  });
  const why = new Table({
    head: ['scheme', 'client: mostly', 'server: mostly', 'error of client time', 'of server time', 'of bytes up'],
    style,
  });
  for (const { scheme, impossible, client, server, helpersMs } of plans) {
    if (client === undefined || server === undefined) {
      costs.push([scheme, { colSpan: 9, content: impossible ?? '' }]);
      continue;
    }
    costs.push([
      ...[
        scheme,
        ms(client.ms.value),
        ms(client.transferMs),
        `${quantity(client.up.value)}B`,
        `${quantity(client.down)}B`,
      ],
      ...[
        `${quantity(client.memory)}B`,
        ms(server.ms.value),
        `${quantity(server.bytes.value)}B`,
        `${quantity(server.memory)}B`,
      ],
      helpersMs === undefined ? '' : ms(helpersMs.value),
    ]);
    why.push([scheme, share(client.ms), share(server.ms), error(client.ms), error(server.ms), error(client.up)]);
  }
  return `${costs.toString()}\n\n${why.toString()}\n\n${provenance(model)}`;
}

export function psiPlanText(plans: readonly PsiPlan[], model: Model, styled: boolean): string {
  const style = { head: styled ? ['bold'] : [], border: [], compact: true };
  const table = new Table({
    head: [
      'reveal',
      'work of both',
      'on the line',
      'left sends',
      'right sends',
      'memory of left',
      'mostly',
      'error of time',
      'of bytes',
    ],
    style,
  });
  for (const plan of plans) {
    table.push([
      ...[plan.reveal, ms(plan.ms.value), ms(plan.transferMs)],
      ...[`${quantity(plan.leftBytes.value)}B`, `${quantity(plan.rightBytes.value)}B`, `${quantity(plan.memory)}B`],
      ...[share(plan.ms), error(plan.ms), error(plan.rightBytes)],
    ]);
  }
  return `${table.toString()}\n\n${provenance(model)}`;
}

function provenance({ machine, date, noisy }: Model): string {
  const lines = [
    `Constants from ${machine.cpu}, Node ${machine.node}, ${date.slice(0, 10)}, one thread; error: median of |predicted / measured - 1| over cells held out of the fit.`,
    'Far beyond the measured sizes a prediction is an extrapolation. On your own machine: subrosa bench --out DIR, then --results DIR/results.json.',
  ];
  if (noisy > 0.1)
    lines.push(
      `${Math.round(100 * noisy)} % of the cells behind it were marked noisy: take times as orders of magnitude; bytes are not affected.`,
    );
  return `${lines.join('\n')}\n`;
}
