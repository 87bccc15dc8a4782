/** What a varbind means as a number or as text. Texts from devices are data: capped, never trusted. */
import type { SnmpValue } from './transport.ts';

const TEXT_MAX = 255;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** A number, exact for everything but large 64-bit counters; null when it is none. */
export function numberOf(value: SnmpValue): number | null {
  switch (value.type) {
    case 'integer':
    case 'gauge32':
    case 'timeticks':
      return value.value;
    case 'counter32':
    case 'counter64':
      return Number(value.value);
    case 'string': {
      // Some agents give numbers as text: "0.42".
      const text = textOf(value);
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : null;
    }
    default:
      return null;
  }
}

/**
 * Text as the device said it, at most 255 characters: UTF-8 without trailing NULs, or hex
 * octets (`00:1b:…`) where it is no text. '' when absent.
 */
export function textOf(value: SnmpValue): string {
  switch (value.type) {
    case 'absent':
      return '';
    case 'string':
    case 'opaque':
      return octetsText(value.value).slice(0, TEXT_MAX);
    default:
      return String(value.value);
  }
}

function octetsText(octets: Uint8Array): string {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0) end--;
  // A network address may end in zeros and may be valid UTF-8, so only real text loses them.
  try {
    const text = strictUtf8.decode(octets.subarray(0, end));
    if (!CONTROL.test(text)) return text.trim();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}
