import { type Curve, curve } from './curve.ts';
import { expandMessages } from './hash.ts';
import type { Items, PointPlan } from './plan.ts';

/** RFC 9497 sections 3.1 and 4.1: the tags of HashToGroup for ristretto255-SHA512, which contain the mode. */
const HASH_TO_GROUP_TAGS = {
  oprf: new TextEncoder().encode('HashToGroup-OPRFV1-\x00-ristretto255-SHA512'),
  voprf: new TextEncoder().encode('HashToGroup-OPRFV1-\x01-ristretto255-SHA512'),
};

/** Runs a point plan on the calling thread. */
export function runPointPlan(plan: PointPlan, group: Curve = curve()): Uint8Array {
  switch (plan.op) {
    case 'blind':
      return group.hashAndMultiply(uniformBytes(plan.items, plan.mode), plan.scalar);
    case 'multiply':
      return group.multiply(plan.points, plan.scalar);
    case 'encrypt': {
      const first = group.multiplyBase(plan.randomness);
      const second = group.multiplyBases(plan.values, plan.randomness, plan.key);
      return interleave(first, second);
    }
    case 'sum':
      return sumColumns(plan.points, plan.columns, group);
  }
}

/** expand_message_xmd of every item: 64 uniform bytes each. */
function uniformBytes(items: Items, mode: 'oprf' | 'voprf' = 'oprf'): Uint8Array {
  return expandMessages(items, HASH_TO_GROUP_TAGS[mode], 64);
}

function interleave(first: Uint8Array, second: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * first.length);
  for (let at = 0; at < first.length; at += 32) {
    out.set(first.subarray(at, at + 32), 2 * at);
    out.set(second.subarray(at, at + 32), 2 * at + 32);
  }
  return out;
}

function sumColumns(points: Uint8Array, columns: number, group: Curve): Uint8Array {
  const rows = points.length / (32 * columns);
  if (!Number.isInteger(rows)) throw new RangeError(`${points.length} bytes are not rows of ${columns} points`);
  const out = new Uint8Array(32 * columns);
  const column = new Uint8Array(32 * rows);
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) {
      const at = 32 * (r * columns + c);
      column.set(points.subarray(at, at + 32), 32 * r);
    }
    out.set(group.sum(column), 32 * c);
  }
  return out;
}
