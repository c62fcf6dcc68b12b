// Proofs: that whoever speaks holds the device's key (docs/PROTOCOL.md § 4.1). The private key never leaves the
// browser's keeping: it is made unextractable, and only ever signs.
import { hashText } from '../wire/canonical';

export type Claims =
  | { purpose: 'sign_in' | 'enrol'; jti: string; challenge: string }
  | { purpose: 'refresh'; jti: string; token_sha256: string };

/** Every browser of the last ten years signs with P-256; Ed25519 came late. */
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export async function makeDeviceKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
}

/** The public members, as the server wants them. */
export async function publicKeyOf(
  pair: CryptoKeyPair,
): Promise<{ kty: string; crv: string; x: string; y: string }> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  if (!kty || !crv || !x || !y) throw new Error('the key has no public members');
  return { kty, crv, x, y };
}

export function base64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export async function prove(key: CryptoKey, claims: Claims): Promise<string> {
  const isEdwards = key.algorithm.name === 'Ed25519';
  const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const head = encode({ typ: 'anfang-proof+jwt', alg: isEdwards ? 'EdDSA' : 'ES256' });
  const signed = `${head}.${encode(claims)}`;
  const algorithm = isEdwards ? { name: 'Ed25519' } : { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

export function refreshClaims(jti: string, refreshToken: string): Claims {
  return { purpose: 'refresh', jti, token_sha256: hashText(refreshToken) };
}
