// What a phone's camera sees, as a file for Chromium's fake one: pictures held askew before it, in poor light.
import { writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

export const FRAMES_PER_S = 5;
const [WIDTH, HEIGHT] = [640, 480];

/** One after the other, each for so many seconds, in a hand that is never quite still; then again from the beginning. */
export async function film(
  browser: Browser,
  file: string,
  scenes: { png: Buffer; seconds: number }[],
): Promise<void> {
  const page = await browser.newPage();
  const frames: Buffer[] = [
    Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FRAMES_PER_S}:1 Ip A1:1 C420jpeg\n`),
  ];
  for (const { png, seconds } of scenes)
    for (let n = 0; n < seconds * FRAMES_PER_S; n++) {
      const luma = await page.evaluate(frame, {
        png: png.toString('base64'),
        n,
        width: WIDTH,
        height: HEIGHT,
      });
      frames.push(
        Buffer.from('FRAME\n'),
        Buffer.from(luma, 'base64'),
        Buffer.alloc((WIDTH * HEIGHT) / 2, 128),
      );
    }
  await page.close();
  writeFileSync(file, Buffer.concat(frames));
}

/** Runs in a page. The picture turned and sheared, with desk around it, out of focus, grainy; how light each point is. */
async function frame(one: { png: string; n: number; width: number; height: number }): Promise<string> {
  const { width, height, n } = one;
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${one.png}`)).blob());
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  pen.fillStyle = '#8a7f70';
  pen.fillRect(0, 0, width, height);
  pen.filter = 'blur(1.2px) contrast(0.7) brightness(0.9)';
  const angle = ((14 + 3 * Math.sin(n)) * Math.PI) / 180;
  const edge = 330 + 10 * Math.cos(n);
  pen.translate(width / 2 - 18 + 4 * Math.sin(2 * n), height / 2 + 12);
  pen.rotate(angle);
  pen.transform(1, 0.04, 0.08, 0.95, 0, 0);
  pen.drawImage(picture, -edge / 2, -edge / 2, edge, edge);
  const { data } = pen.getImageData(0, 0, width, height);
  let text = '';
  let state = n * 7919 + 1;
  for (let at = 0; at < data.length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const [red = 0, green = 0, blue = 0] = [data[at], data[at + 1], data[at + 2]];
    const light = 0.299 * red + 0.587 * green + 0.114 * blue + ((state & 15) - 8);
    text += String.fromCharCode(Math.max(0, Math.min(255, Math.round(light))));
  }
  return btoa(text);
}
