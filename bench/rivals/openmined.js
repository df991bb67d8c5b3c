import { timed } from './timing.js';

/** The library, compiled. */
export async function load() {
  const { default: PSI } = await import('@openmined/psi.js');
  return await (PSI.default ?? PSI)();
}

/**
 * The library as it is: set-up, request, response and intersection, with the members revealed, both parties in one process.
 * @returns bytes that each side sends
 */
export function intersect(psi, left, right) {
  const server = psi.server.createWithNewKey(true);
  const client = psi.client.createWithNewKey(true);
  const setup = server.createSetupMessage(1e-9, left.length, right, psi.dataStructure.GCS);
  const request = client.createRequest(left);
  const response = server.processRequest(request);
  const found = client.getIntersection(setup, response);
  const expected = left.length - (left.length >> 1);
  if (found.length !== expected) throw new Error(`found ${found.length} of ${expected}`);
  const bytes = {
    leftBytes: request.serializeBinary().length,
    rightBytes: setup.serializeBinary().length + response.serializeBinary().length,
  };
  server.delete();
  client.delete();
  return bytes;
}

export async function openmined(quick) {
  const psi = await load();
  const rows = [];
  // At 100,000 the library stops itself ("Assertion failed").
  for (const size of quick ? [256, 1024] : [1_000, 10_000]) {
    const left = Array.from({ length: size }, (_, i) => `user${i}@example.org`);
    const right = Array.from({ length: size }, (_, i) => `user${i + (size >> 1)}@example.org`);
    let bytes = {};
    const row = { task: 'psi', what: 'members, both parties', left: size, right: size };
    try {
      const time = await timed(() => {
        bytes = intersect(psi, left, right);
      }, quick);
      rows.push({ ...row, ...time, ...bytes });
    } catch (error) {
      // What was measured before is kept.
      rows.push({ ...row, error: String(error?.message ?? error) });
      break;
    }
  }
  return rows;
}
