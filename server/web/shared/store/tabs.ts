// One page at a time holds the stores of this phone (Web Locks). Another page may ask for them; one that does not
// answer, because it sleeps, loses them. The fence in every write keeps out a page that wakes up late.
import { v7 } from '../ids';
import { STORES } from './names';

const LOCK = `${STORES}-page`;
const ANSWER_MS = 3_000;

export interface Fence {
  id: string;
}

/** `undefined`: another page holds it. `lost` is called when this page has to let go. */
export async function holdPage(take: boolean, lost: () => Promise<void>): Promise<Fence | undefined> {
  const channel = new BroadcastChannel(LOCK);
  const first = await request({ ifAvailable: true }, channel, lost);
  if (first || !take) {
    if (!first) channel.close();
    return first;
  }
  channel.postMessage('yield');
  const asked = await request({ signal: AbortSignal.timeout(ANSWER_MS) }, channel, lost);
  return asked ?? request({ steal: true }, channel, lost);
}

function request(
  options: LockOptions,
  channel: BroadcastChannel,
  lost: () => Promise<void>,
): Promise<Fence | undefined> {
  return new Promise((resolve) => {
    let mine = false;
    const held = navigator.locks.request(LOCK, options, async (lock) => {
      if (!lock) {
        resolve(undefined);
        return;
      }
      mine = true;
      resolve({ id: v7() });
      // Held until another page asks for it.
      await new Promise<void>((release) => {
        channel.onmessage = async () => {
          channel.onmessage = null;
          await lost();
          release();
        };
      });
    });
    held.catch(async () => {
      if (mine) {
        channel.onmessage = null;
        await lost();
      } else resolve(undefined);
    });
  });
}
