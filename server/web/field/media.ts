// Photos and videos: hashing, and small previews made on the phone. Never changes an original.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const THUMB_EDGE = 320;
/** The first picture of many films is black. */
const FRAME_S = 0.4;
const FILM_MS = 5_000;
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

function drawn(source: CanvasImageSource, width: number, height: number): Promise<Blob | undefined> {
  const scale = Math.min(THUMB_EDGE / Math.max(width, height), 1);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(Math.round(width * scale), 1);
  canvas.height = Math.max(Math.round(height * scale), 1);
  canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', 0.7));
}

/** `undefined` where this browser cannot show the format. */
export async function thumbOf(file: Blob): Promise<Blob | undefined> {
  if (!file.type.startsWith('image/')) return undefined;
  try {
    const whole = await createImageBitmap(file);
    const thumb = await drawn(whole, whole.width, whole.height);
    whole.close();
    return thumb;
  } catch {
    return undefined;
  }
}

/** What a film shows at its beginning, and how long it is: as far as this browser can tell, and within a moment. */
export async function filmOf(file: Blob): Promise<{ thumb?: Blob; seconds?: number }> {
  const url = URL.createObjectURL(file);
  const film = document.createElement('video');
  film.muted = true;
  film.playsInline = true;
  film.preload = 'auto';
  const heard = (event: string) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no film')), FILM_MS);
      film.addEventListener(event, () => resolve(clearTimeout(late)), { once: true });
      film.addEventListener('error', () => reject(new Error('no film')), { once: true });
    });
  const told: { thumb?: Blob; seconds?: number } = {};
  try {
    const known = heard('loadeddata');
    film.src = url;
    await known;
    if (Number.isFinite(film.duration)) told.seconds = film.duration;
    const there = heard('seeked');
    film.currentTime = Math.min(FRAME_S, (told.seconds ?? 0) / 2);
    await there;
    const thumb = await drawn(film, film.videoWidth, film.videoHeight);
    if (thumb) told.thumb = thumb;
  } catch {
    // A format that this browser does not play: kept as evidence all the same.
  }
  film.removeAttribute('src');
  film.load();
  URL.revokeObjectURL(url);
  return told;
}

/** Minutes and seconds, as cameras say it. */
export function lengthText(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
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
