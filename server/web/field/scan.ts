// Reads a QR code out of a picture that the camera shows. Fetched when scanning begins: nobody else pays for the decoder.
import { decodeQR } from 'qr/decode.js';

/** Fine enough for the largest invitation that fills half of the picture, and a tenth of a second on a cheap phone. */
const EDGE_PX = 960;
/** For one picture; the next one comes soon, and is another. */
const TRIES = { effort: 8, timeLimit: 80 };

/** As large as it is looked at: never larger than it is. */
export function looked(width: number, height: number): { width: number; height: number } {
  const by = Math.min(1, EDGE_PX / Math.max(width, height));
  return { width: Math.round(width * by), height: Math.round(height * by) };
}

/** `undefined`: there is none in it, or none that can be read. */
export function read(image: ImageData): string | undefined {
  try {
    return decodeQR(image, TRIES);
  } catch {
    return undefined;
  }
}
