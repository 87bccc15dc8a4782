/**
 * The last readings of a device as bytes, so that a restart of ours loses nothing: see
 * `Catalog.readings`. Little-endian; series are named by 64 bits of hash.
 *
 *   u8 version, u32 hash of the address, u8 tracks, then per track:
 *   u8 source type, f64 lastRowMs, f64 intervalMs, 3 × moment (u8 present, …), u32 counters,
 *   per counter: u32 u32 hash, u8 width, u64 value, u32 discontinuity (all bits: not known)
 *
 * Version 1, still read, has an f64 for the discontinuity, and other hashes.
 */
import type { SourceSpec } from '../core/model.ts';
import type { SeriesList } from '../core/ports.ts';
import type { Moment } from '../core/readings.ts';
import { hash32 } from '../core/hash.ts';
import { hashSeries } from './layout.ts';
import type { TrackState } from './tracker.ts';

const VERSION = 2;
const NOT_KNOWN = 0xffffffff;
const SOURCES: readonly SourceSpec['type'][] = ['local', 'ping', 'snmp'];
const COUNTER_BYTES = 21;
const COUNTERS_MAX = 1_000_000;

/** As decoded: series are known by their hash only until a layout is at hand. */
export interface SavedTrack extends Omit<TrackState, 'series'> {
  readonly version: number;
  readonly hash: readonly string[];
}
export interface SavedDevice {
  readonly tracks: ReadonlyMap<SourceSpec['type'], SavedTrack>;
}

/** @param address whose readings they are: another address is another machine */
export function encodeReadings(
  address: string,
  tracks: readonly { readonly type: SourceSpec['type']; readonly state: TrackState }[],
): Uint8Array {
  const epochBytes = tracks.reduce((sum, { state }) => sum + 3 * 64 + state.baseline.moment.epoch.length * 12, 0);
  const room = tracks.reduce((sum, { state }) => sum + state.series.length * COUNTER_BYTES + 64, 6 + epochBytes);
  const view = new DataView(new ArrayBuffer(room));
  let at = 0;
  const u8 = (n: number) => {
    view.setUint8(at, n);
    at += 1;
  };
  const u32 = (n: number) => {
    view.setUint32(at, n, true);
    at += 4;
  };
  const f64 = (n: number) => {
    view.setFloat64(at, n, true);
    at += 8;
  };
  const moment = (m: Moment | null) => {
    u8(m === null ? 0 : 1);
    if (m === null) return;
    f64(m.tMs);
    f64(m.monoMs);
    f64(m.upTicks ?? NaN);
    f64(m.engineTimeS ?? NaN);
    f64(m.engineBoots ?? NaN);
    const epoch = encodeEpoch(m.epoch);
    u8(epoch.length);
    for (const byte of epoch) u8(byte);
  };

  u8(VERSION);
  u32(hash32(address));
  u8(tracks.length);
  for (const { type, state } of tracks) {
    u8(SOURCES.indexOf(type));
    f64(state.lastRowMs);
    f64(state.intervalMs);
    moment(state.baseline.moment);
    moment(state.baseline.uptime);
    moment(state.baseline.engine);
    const hashes = hashSeries(state.series);
    const countAt = at;
    let count = 0;
    u32(0);
    for (let i = 0; i < state.series.length; i++) {
      const width = state.width[i] ?? 0;
      if (width === 0) continue;
      count++;
      u32(hashes[2 * i] ?? 0);
      u32(hashes[2 * i + 1] ?? 0);
      u8(width);
      view.setBigUint64(at, state.counter[i] ?? 0n, true);
      at += 8;
      const ticks = state.discontinuity[i] ?? NaN;
      u32(Number.isNaN(ticks) ? NOT_KNOWN : ticks);
    }
    view.setUint32(countAt, count, true);
  }
  return new Uint8Array(view.buffer, 0, at);
}

/** @returns null for bytes of another version or address, or damaged ones: then the history goes on after a gap */
export function decodeReadings(bytes: Uint8Array, address: string): SavedDevice | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const u8 = () => view.getUint8(at++);
  const u32 = () => view.getUint32((at += 4) - 4, true);
  const f64 = () => view.getFloat64((at += 8) - 8, true);
  const known = (n: number) => (Number.isNaN(n) ? null : n);
  const moment = (): Moment | null => {
    if (u8() === 0) return null;
    const [tMs, monoMs] = [f64(), f64()];
    const [upTicks, engineTimeS, engineBoots] = [known(f64()), known(f64()), known(f64())];
    const epoch = String.fromCharCode(...Array.from({ length: u8() }, u8));
    return { tMs, monoMs, epoch, upTicks, engineTimeS, engineBoots };
  };
  try {
    const version = u8();
    if (version < 1 || version > VERSION || u32() !== hash32(address)) return null;
    const tracks = new Map<SourceSpec['type'], SavedTrack>();
    for (let n = u8(); n > 0; n--) {
      const type = SOURCES[u8()];
      const [lastRowMs, intervalMs] = [f64(), f64()];
      const [now, uptime, engine] = [moment(), moment(), moment()];
      const count = u32();
      if (type === undefined || now === null || count > COUNTERS_MAX) return null;
      const hash: string[] = [];
      const counter = new BigUint64Array(count);
      const width = new Uint8Array(count);
      const discontinuity = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        hash.push(`${String(u32())}.${String(u32())}`);
        width[i] = u8();
        counter[i] = view.getBigUint64((at += 8) - 8, true);
        const ticks = version === 1 ? f64() : u32();
        discontinuity[i] = version > 1 && ticks === NOT_KNOWN ? NaN : ticks;
      }
      const baseline = { moment: now, uptime, engine };
      tracks.set(type, { version, baseline, lastRowMs, intervalMs, hash, counter, width, discontinuity });
    }
    return { tracks };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Puts names back: what the layout does not have, or what two series share a hash of, is left out. */
export function nameSeries(saved: SavedTrack, series: SeriesList): TrackState {
  const hashes = saved.version === 1 ? hashNames(series) : hashSeries(series);
  const names = new Map<string, string>();
  [...series].forEach((name, i) => {
    const hash = `${String(hashes[2 * i])}.${String(hashes[2 * i + 1])}`;
    names.set(hash, names.has(hash) ? '' : name);
  });
  return { ...saved, series: saved.hash.map((hash) => names.get(hash) ?? '') };
}

/** As version 1 hashed: the whole name. */
function hashNames(series: SeriesList): Uint32Array {
  const names = [...series];
  return Uint32Array.from({ length: 2 * names.length }, (_, i) => hash32(names[i >> 1] ?? '', i % 2 === 0 ? 0 : 0x5bd1e995));
}

function encodeEpoch(epoch: string): Uint8Array {
  return Uint8Array.from(epoch.slice(0, 64), (character) => character.charCodeAt(0) & 0x7f);
}
