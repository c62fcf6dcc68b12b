// Identifiers that follow from a name, as the server makes them: UUIDv5 (RFC 9562).
import { sha1 } from '@noble/hashes/legacy.js';

export function v5(name: string, space: string): string {
  const bytes = Uint8Array.from(space.replaceAll('-', '').match(/../g) ?? [], (two) =>
    Number.parseInt(two, 16),
  );
  const hash = sha1(new Uint8Array([...bytes, ...new TextEncoder().encode(name)])).slice(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...hash].map((one) => one.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
