/**
 * Doubles as bit planes: the bits of equal weight of all values side by side, the highest weight last. Eight values at a
 * time, eight of their bytes of equal weight as a matrix of 8 × 8 bits that is transposed (Warren, Hacker's Delight, 7-3).
 */

/** Eights of values, the last one filled up. */
export const groupsOf = (count: number): number => Math.ceil(count / 8);

let scratch = new Uint8Array(0);

/** @param bytes of doubles @returns planes that are good until the next call, 64 bytes for every eight values begun */
export function toPlanes(bytes: Uint8Array): Uint8Array {
  const count = bytes.length / 8;
  const groups = groupsOf(count);
  const size = groups * 64;
  if (scratch.length < size) scratch = new Uint8Array(size);
  const out = scratch;
  const whole = Math.floor(count / 8);
  for (let g = 0; g < groups; g++) {
    const from = g * 64;
    const rest = count - g * 8;
    for (let k = 0; k < 8; k++) {
      const at = from + k;
      let low = 0;
      let high = 0;
      if (g < whole) {
        low = (bytes[at] ?? 0) | ((bytes[at + 8] ?? 0) << 8) | ((bytes[at + 16] ?? 0) << 16) | ((bytes[at + 24] ?? 0) << 24);
        high =
          (bytes[at + 32] ?? 0) | ((bytes[at + 40] ?? 0) << 8) | ((bytes[at + 48] ?? 0) << 16) | ((bytes[at + 56] ?? 0) << 24);
      } else {
        // The last value again: what fills up costs nothing.
        for (let v = 0; v < 4; v++) {
          low |= (bytes[at + 8 * Math.min(v, rest - 1)] ?? 0) << (8 * v);
          high |= (bytes[at + 8 * Math.min(v + 4, rest - 1)] ?? 0) << (8 * v);
        }
      }
      let swap = (low ^ (low >>> 7)) & 0x00aa00aa;
      low ^= swap ^ (swap << 7);
      swap = (high ^ (high >>> 7)) & 0x00aa00aa;
      high ^= swap ^ (swap << 7);
      swap = (low ^ (low >>> 14)) & 0x0000cccc;
      low ^= swap ^ (swap << 14);
      swap = (high ^ (high >>> 14)) & 0x0000cccc;
      high ^= swap ^ (swap << 14);
      swap = (low & 0x0f0f0f0f) | ((high & 0x0f0f0f0f) << 4);
      high = ((low >>> 4) & 0x0f0f0f0f) | (high & 0xf0f0f0f0);
      low = swap;
      let row = k * 8 * groups + g;
      for (let b = 0; b < 4; b++, row += groups) out[row] = low >>> (8 * b);
      for (let b = 0; b < 4; b++, row += groups) out[row] = high >>> (8 * b);
    }
  }
  return out.subarray(0, size);
}

/** Some of the doubles whose planes these are. */
export function fromPlanes(planes: Uint8Array, from: number, length: number): Float64Array {
  const groups = planes.length / 64;
  const first = from >> 3;
  const last = (from + length + 7) >> 3;
  const wide = new Float64Array((last - first) * 8);
  const out = new Uint8Array(wide.buffer);
  for (let k = 0; k < 8; k++) {
    const base = k * 8 * groups;
    for (let g = first; g < last; g++) {
      const at = base + g;
      let low =
        (planes[at] ?? 0) |
        ((planes[at + groups] ?? 0) << 8) |
        ((planes[at + 2 * groups] ?? 0) << 16) |
        ((planes[at + 3 * groups] ?? 0) << 24);
      let high =
        (planes[at + 4 * groups] ?? 0) |
        ((planes[at + 5 * groups] ?? 0) << 8) |
        ((planes[at + 6 * groups] ?? 0) << 16) |
        ((planes[at + 7 * groups] ?? 0) << 24);
      if ((low | high) === 0) continue;
      let swap = (low ^ (low >>> 7)) & 0x00aa00aa;
      low ^= swap ^ (swap << 7);
      swap = (high ^ (high >>> 7)) & 0x00aa00aa;
      high ^= swap ^ (swap << 7);
      swap = (low ^ (low >>> 14)) & 0x0000cccc;
      low ^= swap ^ (swap << 14);
      swap = (high ^ (high >>> 14)) & 0x0000cccc;
      high ^= swap ^ (swap << 14);
      swap = (low & 0x0f0f0f0f) | ((high & 0x0f0f0f0f) << 4);
      high = ((low >>> 4) & 0x0f0f0f0f) | (high & 0xf0f0f0f0);
      low = swap;
      let to = (g - first) * 64 + k;
      for (let b = 0; b < 4; b++, to += 8) out[to] = low >>> (8 * b);
      for (let b = 0; b < 4; b++, to += 8) out[to] = high >>> (8 * b);
    }
  }
  const skip = from - first * 8;
  return skip === 0 && wide.length === length ? wide : wide.subarray(skip, skip + length);
}
