/**
 * Which collector polls which device, when several share a fleet. Each of them computes the
 * whole answer for itself from the same list of collectors: nobody hands anything out, and
 * a change of the list moves no device that need not move.
 *
 * Method: rendezvous hashing, also called highest random weight. D. G. Thaler, C. V. Ravishankar,
 * "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking 6(1),
 * 1998. Weights by the logarithmic method: C. Schindelhauer, G. Schomaker, "Weighted Distributed
 * Hash Tables", SPAA 2005.
 */
import { hash32 } from './hash.ts';
import type { DeviceId } from './model.ts';

export interface Seat {
  /** Names one collector, for ever: another name is another collector. */
  readonly id: string;
  /** Its share of the devices in proportion to the others'; 1 unless said. */
  readonly weight?: number;
}

/**
 * The collector that polls a device.
 * @param seats at least one, each id once, weights above 0; their order does not matter
 * @throws RangeError when there is no seat
 */
export function collectorOf(device: DeviceId, seats: readonly Seat[]): string {
  const [only] = seats;
  if (only === undefined) throw new RangeError('there is no collector to poll anything');
  if (seats.length === 1) return only.id;
  let best = only.id;
  let bestScore = -Infinity;
  for (const { id, weight = 1 } of seats) {
    // Half a step in, so that the logarithm is of something above 0 and below 1.
    const share = (hash32(device, hash32(id)) + 0.5) / 2 ** 32;
    const score = weight / -Math.log(share);
    if (score > bestScore || (score === bestScore && id < best)) {
      best = id;
      bestScore = score;
    }
  }
  return best;
}

/**
 * All devices by collector: each device once, each collector there even with none, devices in
 * the order given.
 * @throws RangeError when there is no seat, a seat stands twice, or a weight is not above 0
 */
export function assign(devices: Iterable<DeviceId>, seats: readonly Seat[]): ReadonlyMap<string, readonly DeviceId[]> {
  const shares = new Map<string, DeviceId[]>(seats.map(({ id }) => [id, []]));
  if (shares.size !== seats.length) throw new RangeError('a collector stands twice in the list');
  for (const { id, weight = 1 } of seats) {
    if (!(weight > 0 && weight < Infinity)) throw new RangeError(`the weight of collector ${id} is ${String(weight)}`);
  }
  for (const device of devices) shares.get(collectorOf(device, seats))?.push(device);
  return shares;
}
