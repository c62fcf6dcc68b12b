// Encryption at rest. Each person on this phone has a data key (AES-256-GCM) that only his or her password unlocks:
// what is stored is the data key, wrapped by a key derived from the password. Never keeps a password.

/** OWASP's number for PBKDF2 with SHA-256. Kept beside each wrapped key, so that it may rise. */
export const ITERATIONS = 600_000;
const IV_BYTES = 12;

export interface Wrapped {
  salt: Uint8Array<ArrayBuffer>;
  iterations: number;
  iv: Uint8Array<ArrayBuffer>;
  key: ArrayBuffer;
}

async function passwordKey(
  password: string,
  { salt, iterations }: Pick<Wrapped, 'salt' | 'iterations'>,
): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(password.normalize('NFC'));
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, [
    'wrapKey',
    'unwrapKey',
  ]);
}

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

async function wrap(password: string, data: CryptoKey): Promise<Wrapped> {
  const wrapped = { salt: random(16), iterations: ITERATIONS, iv: random(IV_BYTES) };
  const outer = await passwordKey(password, wrapped);
  return {
    ...wrapped,
    key: await crypto.subtle.wrapKey('raw', data, outer, { name: 'AES-GCM', iv: wrapped.iv }),
  };
}

async function unwrap(
  password: string,
  wrapped: Wrapped,
  extractable: boolean,
): Promise<CryptoKey | undefined> {
  const outer = await passwordKey(password, wrapped);
  const how = { name: 'AES-GCM', iv: wrapped.iv };
  const use: KeyUsage[] = ['encrypt', 'decrypt'];
  try {
    return await crypto.subtle.unwrapKey('raw', wrapped.key, outer, how, 'AES-GCM', extractable, use);
  } catch {
    return undefined;
  }
}

/** A new data key, wrapped; and the same, usable and not to be taken out again. */
export async function makeDataKey(password: string): Promise<{ wrapped: Wrapped; key: CryptoKey }> {
  const raw = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
  const wrapped = await wrap(password, raw);
  const key = await unwrap(password, wrapped, false);
  if (!key) throw new Error('a fresh key does not unwrap');
  return { wrapped, key };
}

/** `undefined`: another password. */
export async function unlock(password: string, wrapped: Wrapped): Promise<CryptoKey | undefined> {
  return unwrap(password, wrapped, false);
}

/** The same data key under a new password. `undefined`: the old password is another. */
export async function rewrap(
  oldPassword: string,
  newPassword: string,
  wrapped: Wrapped,
): Promise<Wrapped | undefined> {
  const raw = await unwrap(oldPassword, wrapped, true);
  return raw && wrap(newPassword, raw);
}

/** `label` names the place where it is kept, so that nothing can be moved to another place unnoticed. */
export async function sealBytes(
  key: CryptoKey,
  label: string,
  bytes: BufferSource,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = random(IV_BYTES);
  const how = { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(label) };
  const sealed = await crypto.subtle.encrypt(how, key, bytes);
  const whole = new Uint8Array(IV_BYTES + sealed.byteLength);
  whole.set(iv);
  whole.set(new Uint8Array(sealed), IV_BYTES);
  return whole;
}

export async function openBytes(
  key: CryptoKey,
  label: string,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer> {
  const how = {
    name: 'AES-GCM',
    iv: sealed.subarray(0, IV_BYTES),
    additionalData: new TextEncoder().encode(label),
  };
  return crypto.subtle.decrypt(how, key, sealed.subarray(IV_BYTES));
}

export async function sealJson(
  key: CryptoKey,
  label: string,
  value: unknown,
): Promise<Uint8Array<ArrayBuffer>> {
  return sealBytes(key, label, new TextEncoder().encode(JSON.stringify(value)));
}

export async function openJson<T>(
  key: CryptoKey,
  label: string,
  sealed: Uint8Array<ArrayBuffer>,
): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(key, label, sealed))) as T;
}
