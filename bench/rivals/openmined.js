import { timed } from './timing.js';

/** The library as it is: set-up, request, response and intersection, with the members revealed, in one process. */
export async function openmined(quick) {
  const { default: PSI } = await import('@openmined/psi.js');
  const psi = await (PSI.default ?? PSI)();
  const rows = [];
  for (const size of quick ? [256, 1024] : [1_000, 10_000, 100_000]) {
    const left = Array.from({ length: size }, (_, i) => `user${i}@example.org`);
    const right = Array.from({ length: size }, (_, i) => `user${i + (size >> 1)}@example.org`);
    let bytes = {};
    const time = await timed(() => {
      const server = psi.server.createWithNewKey(true);
      const client = psi.client.createWithNewKey(true);
      const setup = server.createSetupMessage(1e-9, size, right, psi.dataStructure.GCS);
      const request = client.createRequest(left);
      const response = server.processRequest(request);
      const found = client.getIntersection(setup, response);
      if (found.length !== size - (size >> 1)) throw new Error(`found ${found.length} of ${size - (size >> 1)}`);
      bytes = {
        leftBytes: request.serializeBinary().length,
        rightBytes: setup.serializeBinary().length + response.serializeBinary().length,
      };
      server.delete();
      client.delete();
    }, quick);
    rows.push({ task: 'psi', what: 'members, both parties', left: size, right: size, ...time, ...bytes });
  }
  return rows;
}
