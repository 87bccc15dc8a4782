/** What kind of device one is, for trees and filters: told by a tag, else guessed from what it says of itself. */
import type { Device } from './model.ts';

export const DEVICE_KINDS = [
  'router',
  'switch',
  'firewall',
  'server',
  'storage',
  'power',
  'printer',
  'wireless',
  'other',
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** Words of sysDescr (RFC 3418: name and version of hardware, operating system, software), the most telling first. */
const WORDS: readonly (readonly [DeviceKind, RegExp])[] = [
  ['firewall', /\b(firewall|fortigate|palo alto|asa|pfsense|opnsense|srx)\b/i],
  ['power', /\b(ups|pdu|apc|eaton|rittal)\b/i],
  ['printer', /\b(printer|jetdirect|laserjet)\b/i],
  ['wireless', /\b(access point|wireless|unifi ap|airos|wlan)\b/i],
  ['storage', /\b(nas|synology|diskstation|qnap|truenas|freenas|netapp|storage)\b/i],
  ['switch', /\b(switch|switching|catalyst|nexus|procurve|arubaos-cx|edgeswitch|powerconnect)\b/i],
  ['router', /\b(router|routeros|vyos|ios xr|junos|edgeos|bird)\b/i],
];

/**
 * The kind of a device. A tag that is a kind's name decides; then what sysDescr says; then what
 * it has: filesystems, memory or load make a server, many interfaces alone a switch.
 * @param counts instances of each kind, see server's DeviceView
 */
export function deviceKind(
  device: Pick<Device, 'tags' | 'facts' | 'origin'>,
  counts: Readonly<Record<string, number>>,
): DeviceKind {
  const tagged = DEVICE_KINDS.find((kind) => device.tags.some((tag) => tag.toLowerCase() === kind));
  if (tagged) return tagged;
  if (device.origin === 'self') return 'server';
  const said = WORDS.find(([, words]) => words.test(device.facts.sysDescr));
  if (said) return said[0];
  const has = (kind: string) => (counts[kind] ?? 0) > 0;
  if (has('disk') || has('load') || has('memory')) return 'server';
  return (counts['interface'] ?? 0) >= PORTS_OF_A_SWITCH ? 'switch' : 'other';
}

const PORTS_OF_A_SWITCH = 5;
