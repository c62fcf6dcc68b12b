// The canonical form of JSON (RFC 8785), and hashes over it.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Keys sorted by UTF-16 code units, no white space; numbers and escapes as ECMAScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

export function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

export function digestOf(value: unknown): string {
  return hashText(canonical(value));
}

/** An item's share in its channel's digest: the first 8 bytes of SHA-256 over `<id>:<rev>`. */
export function share(id: string, rev: number): bigint {
  return BigInt(`0x${hashText(`${id}:${rev}`).slice(0, 16)}`);
}
