import Table from 'cli-table3';
import type { Reveal } from '../../protocols/psi/index.ts';
import type { SchemeName } from '../demo/schemes.ts';
import { ms, quantity } from './format.ts';
import {
  type Model,
  memoryOf,
  type Prediction,
  type PsiTarget,
  predict,
  psiMemory,
  psiTerms,
  roundTerms,
  type Target,
} from './model.ts';
import { HELPERS } from './setting.ts';
import type { Point } from './wire.ts';

/** What a round would cost under one scheme; times in milliseconds, memory and traffic in bytes. */
export interface SchemePlan {
  readonly scheme: SchemeName;
  /** Why there is no prediction, when there is none. */
  readonly impossible?: string;
  readonly client?: {
    readonly ms: Prediction;
    readonly up: Prediction;
    readonly down?: Prediction;
    /** What both take on the client's line. */
    readonly transferMs: number;
    readonly memory: number;
  };
  readonly server?: { readonly ms: Prediction; readonly bytes: Prediction; readonly memory: number };
  /** All of them together; memory is of one. */
  readonly helpers?: { readonly ms: Prediction; readonly bytes: Prediction; readonly memory: number };
}

/** @param bandwidth of a client's line, bits a second in each direction */
export function planRound(model: Model, point: Point, bandwidth: number): SchemePlan[] {
  return (['plain', 'pairwise', 'shares', 'ckks', 'bfv'] as const).map((scheme) => {
    try {
      return planScheme(model, scheme, point, bandwidth);
    } catch (error) {
      if (error instanceof RangeError) return { scheme, impossible: error.message };
      throw error;
    }
  });
}

function planScheme(model: Model, scheme: SchemeName, point: Point, bandwidth: number): SchemePlan {
  const fitted = model.rounds[scheme];
  if (fitted === undefined) return { scheme, impossible: 'not measured' };
  if (roundTerms(scheme, point, 'clientMs') === undefined) {
    return { scheme, impossible: 'no degree and threshold exist for so many dropouts' };
  }
  const of = (target: Target) => predict(fitted[target], roundTerms(scheme, point, target));
  const [client, up, server, bytes] = [of('clientMs'), of('bytesUp'), of('serverMs'), of('serverBytes')];
  if (client === undefined || up === undefined || server === undefined || bytes === undefined) {
    return { scheme, impossible: 'too few cells were measured' };
  }
  const [down, helperMs, helperBytes] = [of('bytesDown'), of('helperMs'), of('helperBytes')];
  const memory = (role: 'client' | 'server' | 'helper') => memoryOf(scheme, role, point, fitted['memory']);
  return {
    scheme,
    client: {
      ms: client,
      up,
      ...(down && { down }),
      transferMs: (8000 * (up.value + (down?.value ?? 0))) / bandwidth,
      memory: memory('client'),
    },
    server: { ms: server, bytes, memory: memory('server') },
    ...(helperMs && helperBytes && { helpers: { ms: helperMs, bytes: helperBytes, memory: memory('helper') } }),
  };
}

/** What an intersection would cost. */
export interface PsiPlan {
  readonly reveal: Reveal;
  /** Group arithmetic of each side on one thread. */
  readonly left: Prediction;
  readonly right: Prediction;
  /** Everything, when the parties do not overlap. */
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
  const of = (target: PsiTarget) => predict(fitted?.[target], psiTerms(cell, target));
  const [time, leftMs, rightMs] = [of('wallMs'), of('leftMs'), of('rightMs')];
  const [leftBytes, rightBytes] = [of('leftBytes'), of('rightBytes')];
  if (!time || !leftMs || !rightMs || !leftBytes || !rightBytes) return undefined;
  const transferMs = (8000 * (leftBytes.value + rightBytes.value)) / bandwidth;
  return { reveal, left: leftMs, right: rightMs, ms: time, leftBytes, rightBytes, transferMs, memory: psiMemory(cell) };
}

const share = ({ dominant, share }: Prediction): string => `${dominant} ${Math.round(100 * share)} %`;

function error({ heldOut }: Prediction): string {
  if (heldOut.cells === 0) return 'unknown: too few cells';
  return `${percent(heldOut.medianError)}, worst ${percent(heldOut.worstError)} of ${heldOut.cells}`;
}

const percent = (value: number): string =>
  value < 1e-9 ? '0 %' : `${value < 0.0095 ? '< 1' : Math.round(100 * value)} %`;

const bytes = (value: number): string => `${quantity(value)}B`;

export function roundPlanText(plans: readonly SchemePlan[], model: Model, styled: boolean): string {
  const style = { head: styled ? ['bold'] : [], border: [], compact: true };
  const costs = new Table({ head: ['scheme', 'who', 'time', 'bytes', 'memory', "on a client's line"], style });
  const why = new Table({ head: ['scheme', 'who', 'time goes to', 'bytes go to', 'error of time', 'of bytes'], style });
  const refusals: string[] = [];
  for (const { scheme, impossible, client, server, helpers } of plans) {
    if (client === undefined || server === undefined) {
      costs.push([scheme, { colSpan: 5, content: 'none, see below' }]);
      refusals.push(`${scheme}: ${impossible}\n`);
      continue;
    }
    const traffic = `${bytes(client.up.value)} up, ${bytes(client.down?.value ?? 0)} down`;
    costs.push([scheme, 'client', ms(client.ms.value), traffic, bytes(client.memory), ms(client.transferMs)]);
    why.push([scheme, 'client', share(client.ms), share(client.up), error(client.ms), error(client.up)]);
    for (const [who, party] of [
      ['server', server],
      [`${HELPERS.length} helpers`, helpers],
    ] as const) {
      if (party === undefined) continue;
      const memory = who === 'server' ? bytes(party.memory) : `${bytes(party.memory)} each`;
      costs.push(['', who, ms(party.ms.value), bytes(party.bytes.value), memory, '']);
      why.push(['', who, share(party.ms), share(party.bytes), error(party.ms), error(party.bytes)]);
    }
  }
  return `${costs.toString()}\n\n${why.toString()}\n\n${refusals.join('')}${provenance(model)}`;
}

export function psiPlanText(plans: readonly PsiPlan[], model: Model, styled: boolean): string {
  const style = { head: styled ? ['bold'] : [], border: [], compact: true };
  const costs = new Table({
    head: ['reveal', 'left', 'right', 'both in turn', 'left sends', 'right sends', 'on the line', 'memory of left'],
    style,
  });
  const why = new Table({ head: ['reveal', 'time goes to', 'error of time', 'of bytes'], style });
  for (const plan of plans) {
    costs.push([
      ...[plan.reveal, ms(plan.left.value), ms(plan.right.value), ms(plan.ms.value)],
      ...[bytes(plan.leftBytes.value), bytes(plan.rightBytes.value), ms(plan.transferMs), bytes(plan.memory)],
    ]);
    why.push([plan.reveal, share(plan.ms), error(plan.ms), error(plan.rightBytes)]);
  }
  return `${costs.toString()}\n\n${why.toString()}\n\n${provenance(model)}`;
}

function provenance({ machine, date, noisy }: Model): string {
  const lines = [
    `Constants from ${machine.cpu}, Node ${machine.node}, ${date.slice(0, 10)}, one thread; error: median of |predicted / measured - 1|, every cell held out of the fit that predicts it.`,
    'Bytes are not fitted: they follow from the specification, and their error is over all measured cells.',
    'Far beyond the measured sizes a prediction is an extrapolation. On your own machine: subrosa bench --out DIR, then --results DIR/results.json.',
  ];
  if (noisy > 0.1)
    lines.push(
      `${Math.round(100 * noisy)} % of the cells behind it were marked noisy: take times as orders of magnitude; bytes are not affected.`,
    );
  return `${lines.join('\n')}\n`;
}
