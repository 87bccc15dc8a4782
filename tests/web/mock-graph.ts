/** Curves that look like traffic, load and disks: a working day, a quiet weekend, noise, a nightly copy. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { graphsOf } from '../../core/graphs.ts';
import type { Device, Instance } from '../../core/model.ts';
import { timeTicks, valueTicks } from '../../core/ticks.ts';
import { ZONE, type Fleet } from './mock-fleet.ts';

const H = 3_600_000;
const D = 24 * H;
const STEPS_MS = [10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800].map(
  (s) => s * 1000,
);

export function mockGraph(fleet: Fleet, id: string, fromMs: number, toMs: number, width: number): GraphData | null {
  const deviceId = id.split('~')[1] ?? '';
  const device = fleet.devices().find((d) => d.id === deviceId);
  if (!device) return null;
  const spec = graphsOf(device as unknown as Device, fleet.instances(deviceId) as unknown as Instance[]).find((s) => s.id === id);
  if (!spec) return null;
  const stepMs = STEPS_MS.find((s) => s >= (toMs - fromMs) / width && s >= device.intervalMs) ?? 7 * D;
  const oldestMs = Date.now() - 900 * D;
  const gaps = fleet.gaps(deviceId).filter((g) => g.toMs > fromMs && g.fromMs < toMs);
  const tMs: number[] = [];
  for (let t = Math.floor(fromMs / stepMs) * stepMs; t < toMs; t += stepMs) tMs.push(t);
  const newestMs = device.origin === 'import' ? Date.now() - 200 * D : Date.now() - 40_000;
  const known = (t: number) =>
    t >= oldestMs && t + stepMs <= newestMs + 40_000 + stepMs && !gaps.some((g) => t < g.toMs && t + stepMs > g.fromMs);
  const size = { bps: 4e9, bytes: 2.4e10, ratio: 0.6, ms: 12, per_s: 0.4, s: 1, '1': 6 }[spec.unit];
  const noise = stepMs <= 300_000 ? 0.06 : 0.03;
  const lines = spec.lines.map((line, n): GraphLine => {
    const seed = hash(id) + n * 97;
    const mean = tMs.map((t) => (known(t) ? size * curve(t, seed, noise) * (n === 0 ? 1 : 0.35 + (seed % 40) / 100) : null));
    const band = stepMs > device.intervalMs ? Math.min(0.4, 0.05 + Math.log2(stepMs / device.intervalMs) / 30) : 0;
    const min = mean.map((v, i) => (v === null ? null : v * (1 - band * (0.5 + random(seed + i)))));
    const max = mean.map((v, i) => (v === null ? null : v * (1 + band * (0.5 + random(seed + i + 7)))));
    const values = mean.filter((v) => v !== null);
    const sorted = [...values].sort((a, b) => a - b);
    const highest = Math.max(0, ...max.map((v) => v ?? 0));
    return {
      series: line.series,
      label: line.label,
      role: line.role,
      below: line.below,
      fill: line.fill,
      mean,
      min,
      max,
      stats: {
        current: values.at(-1) ?? null,
        average: values.length ? values.reduce((a, b) => a + b, 0) / values.length : null,
        minimum: values.length ? Math.min(...min.map((v) => v ?? Infinity)) : null,
        maximum: values.length ? highest : null,
        maximumAtMs: values.length ? (tMs[max.indexOf(highest)] ?? null) : null,
        p95: sorted[Math.floor(0.95 * (sorted.length - 1))] ?? null,
        p95From: values.length ? '5 min means' : '',
        total: null,
        known: tMs.length ? values.length / tMs.length : 0,
      },
    };
  });
  const reach = (below: boolean) =>
    Math.max(0, ...lines.filter((l) => l.below === below).flatMap((l) => l.max.map((v) => v ?? 0)));
  const limits = spec.limits.filter((l) => spec.limitShown === 'always' || reach(false) > l.value * 0.7);
  const top = Math.max(reach(false), ...limits.map((l) => l.value));
  const zoneless = width > 500 ? 6 : 3;
  return {
    id,
    title: spec.title,
    subtitle: spec.subtitle,
    unit: spec.unit,
    fromMs,
    toMs,
    stepMs,
    tier: stepMs < 300_000 ? 'raw' : stepMs < H ? '5m' : stepMs < D ? '1h' : '1d',
    zone: ZONE,
    tMs,
    lines,
    gaps: gaps.map((g) => ({ ...g, cause: 'timeout' as const })),
    limits,
    y: valueTicks(top, reach(true), spec.unit, zoneless),
    x: { ticks: timeTicks(fromMs, toMs, width, ZONE) },
    newestMs,
    oldestMs,
    about: `${stepMs / 60_000} min averages of ${device.intervalMs / 1000} s samples; the band is the lowest and highest sample`,
  };
}

function curve(t: number, seed: number, noise: number): number {
  const hour = (t / H + 1) % 24;
  const weekday = Math.floor(t / D + 4) % 7;
  const weekend = weekday === 0 || weekday === 6 ? 0.45 : 1;
  const hump = (centre: number, width: number) => Math.exp(-((hour - centre) ** 2) / (2 * width * width));
  const growth = 0.4 + 0.6 * ((t - Date.now()) / (900 * D) + 1);
  const day = weekend * (0.7 * hump(10.5 + (seed % 3), 2.2) + 0.9 * hump(15, 2.4) + 0.5 * hump(20.3, 1.8));
  const slow = random(Math.floor(t / (2 * H)) + seed) * 0.12;
  return Math.max(0.02, growth * (0.28 + day + slow) * (1 + (random(Math.floor(t / 10_000) * 13 + seed) - 0.5) * 2 * noise));
}

function random(n: number): number {
  let x = Math.imul(n ^ (n >>> 15), 2246822519) ^ 0x9e3779b9;
  x = Math.imul(x ^ (x >>> 13), 3266489917);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}
const hash = (text: string) => [...text].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 0x01000193), 7) >>> 12;
