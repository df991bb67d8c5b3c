// Element-wise addition and subtraction modulo 2^32 and 2^64, shared by the mask and the ring kernel. `a` and `b` are addresses;
// counts are in words. The vector loop does 64 bytes a turn, the tail one word a turn. Nothing branches on the data.

export function add32(a: usize, b: usize, count: u32): void {
  const end = a + ((<usize>count) << 2);
  const vectors = a + ((<usize>count >> 4) << 6);
  for (; a < vectors; a += 64, b += 64) {
    v128.store(a, i32x4.add(v128.load(a), v128.load(b)));
    v128.store(a, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(a, i32x4.add(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(a, i32x4.add(v128.load(a, 48), v128.load(b, 48)), 48);
  }
  for (; a < end; a += 4, b += 4) store<u32>(a, load<u32>(a) + load<u32>(b));
}

export function subtract32(a: usize, b: usize, count: u32): void {
  const end = a + ((<usize>count) << 2);
  const vectors = a + ((<usize>count >> 4) << 6);
  for (; a < vectors; a += 64, b += 64) {
    v128.store(a, i32x4.sub(v128.load(a), v128.load(b)));
    v128.store(a, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(a, i32x4.sub(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(a, i32x4.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  }
  for (; a < end; a += 4, b += 4) store<u32>(a, load<u32>(a) - load<u32>(b));
}

export function add64(a: usize, b: usize, count: u32): void {
  const end = a + ((<usize>count) << 3);
  const vectors = a + ((<usize>count >> 3) << 6);
  for (; a < vectors; a += 64, b += 64) {
    v128.store(a, i64x2.add(v128.load(a), v128.load(b)));
    v128.store(a, i64x2.add(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(a, i64x2.add(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(a, i64x2.add(v128.load(a, 48), v128.load(b, 48)), 48);
  }
  for (; a < end; a += 8, b += 8) store<u64>(a, load<u64>(a) + load<u64>(b));
}

export function subtract64(a: usize, b: usize, count: u32): void {
  const end = a + ((<usize>count) << 3);
  const vectors = a + ((<usize>count >> 3) << 6);
  for (; a < vectors; a += 64, b += 64) {
    v128.store(a, i64x2.sub(v128.load(a), v128.load(b)));
    v128.store(a, i64x2.sub(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(a, i64x2.sub(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(a, i64x2.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  }
  for (; a < end; a += 8, b += 8) store<u64>(a, load<u64>(a) - load<u64>(b));
}
