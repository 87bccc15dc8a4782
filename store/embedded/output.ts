/** Doubles one after the other, in a block that grows: an answer may be a hundred megabytes. */
export interface Output {
  /** Makes room for more. @returns where it begins */
  reserve(more: number): number;
  /** The block as it is now, longer than what was reserved; the next reserve may make another. */
  data(): Float64Array;
  /** How much of all will be there once the series at hand is. */
  expect(share: number): void;
}

export function createOutput(): Output {
  let data = new Float64Array(1024);
  let length = 0;
  let share = 1;
  return {
    reserve(more) {
      const at = length;
      length += more;
      if (length > data.length) {
        // Series asked together are mostly about as long as each other.
        const larger = new Float64Array(Math.ceil(length * Math.max(1.1, 1.05 / share)));
        larger.set(data.subarray(0, at));
        data = larger;
      }
      return at;
    },
    data: () => data,
    expect: (now) => (share = now),
  };
}
