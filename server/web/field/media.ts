// Photos and videos: hashing, and small previews made on the phone. Never changes an original.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const THUMB_EDGE = 320;
/** Larger files are hashed piece by piece, so that a film does not have to fit into memory. */
const AT_ONCE_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;

export async function hashOf(file: Blob): Promise<string> {
  if (file.size <= AT_ONCE_BYTES) {
    return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())));
  }
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
  }
  return bytesToHex(hash.digest());
}

/** `undefined` where this browser cannot show the format. */
export async function thumbOf(file: Blob): Promise<Blob | undefined> {
  if (!file.type.startsWith('image/')) return undefined;
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(THUMB_EDGE / Math.max(whole.width, whole.height), 1);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(Math.round(whole.width * scale), 1);
    canvas.height = Math.max(Math.round(whole.height * scale), 1);
    canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return await new Promise((resolve) =>
      canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', 0.7),
    );
  } catch {
    return undefined;
  }
}

/** What browsers call a format, in the protocol's word. */
export function mediaTypeOf(file: File): string {
  if (file.type === 'image/jpg') return 'image/jpeg';
  if (file.type) return file.type;
  const endings: Record<string, string> = {
    heic: 'image/heic',
    heif: 'image/heif',
    mov: 'video/quicktime',
    mp4: 'video/mp4',
  };
  return endings[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}
