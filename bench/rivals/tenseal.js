import { timed } from './timing.js';

/** `ts.context(SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40, 60])`, `global_scale = 2**40`: what its tutorials and NVFlare use. */
export async function tenseal(quick) {
  const { default: load } = await import('node-seal/throws_allocators').catch(() => import('node-seal'));
  const seal = await load();
  const parameters = seal.EncryptionParameters(seal.SchemeType.ckks);
  parameters.setPolyModulusDegree(8192);
  parameters.setCoeffModulus(seal.CoeffModulus.Create(8192, Int32Array.from([60, 40, 40, 60])));
  const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
  if (!context.parametersSet()) throw new Error('SEAL refuses the parameters');
  const keys = seal.KeyGenerator(context);
  const encoder = seal.CKKSEncoder(context);
  const secret = keys.secretKey();
  const encryptor = seal.Encryptor(context, keys.createPublicKey(), secret);
  const evaluator = seal.Evaluator(context);
  const decryptor = seal.Decryptor(context, secret);
  const slots = encoder.slotCount;
  const rows = [];
  for (const d of quick ? [10_000] : [10_000, 100_000, 1_000_000]) {
    const chunks = Math.ceil(d / slots);
    const values = Float64Array.from({ length: slots }, (_, i) => Math.sin(i));
    const plain = seal.PlainText();
    const cipher = seal.CipherText();
    const sum = seal.CipherText();
    let bytesUp = 0;
    const client = await timed(() => {
      bytesUp = 0;
      for (let i = 0; i < chunks; i++) {
        encoder.encode(values, 2 ** 40, plain);
        encryptor.encrypt(plain, cipher);
        bytesUp += cipher.saveArray(seal.ComprModeType.zstd).length; // TenSEAL serialises with SEAL's default compression
      }
    }, quick);
    encryptor.encrypt(plain, sum);
    const bytes = cipher.saveArray(seal.ComprModeType.zstd);
    const server = await timed(() => {
      for (let i = 0; i < chunks; i++) {
        cipher.loadArray(context, bytes);
        evaluator.add(sum, cipher, sum);
      }
    }, quick);
    const opening = await timed(() => {
      for (let i = 0; i < chunks; i++) {
        decryptor.decrypt(sum, plain);
        encoder.decode(plain);
      }
    }, quick);
    const note = 'every client holds the secret key';
    rows.push({
      task: 'round',
      what: 'one client: encode, encrypt, serialise',
      dimension: d,
      ...client,
      bytesUp,
      note,
    });
    rows.push({ task: 'round', what: 'server: load and add one client', dimension: d, ...server });
    rows.push({ task: 'round', what: 'decrypt and decode', dimension: d, ...opening });
    for (const handle of [plain, cipher, sum]) handle.delete();
  }
  return rows;
}
