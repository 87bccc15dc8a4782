/** What reviews are made of most: sets of metrics of one unit, and what each is called beside its series. */
export interface ReviewSet {
  readonly key: string;
  readonly words: string;
  readonly metrics: readonly string[];
}
/** The first is the usual one. */
export const REVIEW_SETS: readonly ReviewSet[] = [
  { key: 'traffic', words: 'Traffic, in and out', metrics: ['interface.in_bps', 'interface.out_bps'] },
  { key: 'disk', words: 'Disk used', metrics: ['disk.used_bytes'] },
  { key: 'cpu', words: 'CPU used', metrics: ['cpu.used_ratio'] },
  { key: 'load', words: 'Load, 5 min', metrics: ['load.five'] },
  { key: 'memory', words: 'Memory used', metrics: ['memory.used_bytes'] },
  { key: 'ping', words: 'Ping, round trip', metrics: ['ping.rtt_ms'] },
  { key: 'loss', words: 'Ping, loss', metrics: ['ping.loss_ratio'] },
  { key: 'errors', words: 'Errors of interfaces', metrics: ['interface.in_errors_per_s', 'interface.out_errors_per_s'] },
];

export const METRIC_LABELS: Readonly<Record<string, string>> = {
  'interface.in_bps': 'in',
  'interface.out_bps': 'out',
  'disk.used_bytes': 'used',
  'cpu.used_ratio': 'CPU used',
  'load.five': 'load, 5 min',
  'memory.used_bytes': 'memory used',
  'ping.rtt_ms': 'ping, round trip',
  'ping.loss_ratio': 'ping, loss',
  'interface.in_errors_per_s': 'errors in',
  'interface.out_errors_per_s': 'errors out',
};
