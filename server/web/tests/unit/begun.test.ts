// Hand-overs that are half written: what is on disk is what was written last, of the person who is here, and no more than
// some.
import { expect, it } from 'vitest';
import { Begun, MOST_BEGUN, type Written } from '../../desk/begun';

/** A sealed store whose disk is slow, and may be full. */
class Disk {
  kept: unknown;
  writes = 0;
  full = false;
  readonly waiting: (() => void)[] = [];
  slow = false;

  async sealed<T>(): Promise<T | undefined> {
    return this.kept as T | undefined;
  }
  async keepSealed(_name: string, value: unknown): Promise<void> {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    if (this.slow) await new Promise<void>((done) => this.waiting.push(done));
    if (this.full) throw new Error('no space');
    this.kept = copy;
    this.writes += 1;
  }
  goOn(): void {
    this.slow = false;
    for (const done of this.waiting.splice(0)) done();
  }
}

const written = (requirement: string): Written => ({
  unit: 'u',
  person: undefined,
  requirement,
  days: 5,
  date: '',
  standard: '',
  reason: '',
});
async function opened(disk: Disk): Promise<Begun> {
  const begun = new Begun();
  await begun.open(disk);
  return begun;
}

it('is there again after the page was loaded anew, until it was handed over', async () => {
  const disk = new Disk();
  const begun = await opened(disk);
  await begun.set('a', written('修好'));
  await begun.set('b', written('清走'));
  await begun.set('b', written('清走'));
  expect(disk.writes).toBe(2);
  expect((await opened(disk)).get('a')).toEqual({ ...written('修好'), person: undefined });
  await begun.delete('a');
  const again = await opened(disk);
  expect([again.get('a'), again.get('b')?.requirement]).toEqual([undefined, '清走']);
});

it('keeps what was typed while the disk was busy, in one write', async () => {
  const disk = new Disk();
  const begun = await opened(disk);
  disk.slow = true;
  const first = begun.set('a', written('一'));
  while (!disk.waiting.length) await null;
  const rest = [...'二三四五'].map((text) => begun.set('a', written(text)));
  disk.goOn();
  await Promise.all([first, ...rest]);
  expect((await opened(disk)).get('a')?.requirement).toBe('五');
  expect(disk.writes).toBe(2);
});

it('is nobody else’s: closed, it has nothing and writes nothing', async () => {
  const [mine, other] = [new Disk(), new Disk()];
  const begun = await opened(mine);
  await begun.set('a', written('修好'));
  begun.close();
  expect(begun.get('a')).toBeUndefined();
  await begun.open(other);
  expect(begun.get('a')).toBeUndefined();
  await begun.set('b', written('清走'));
  expect(JSON.stringify(mine.kept)).not.toContain('清走');
  expect(JSON.stringify(other.kept)).not.toContain('修好');
});

it('forgets the oldest, and lives with a full disk', async () => {
  const disk = new Disk();
  const begun = await opened(disk);
  for (let n = 0; n <= MOST_BEGUN; n++) await begun.set(String(n), written(String(n)));
  const again = await opened(disk);
  expect([again.get('0'), again.get('1')?.requirement]).toEqual([undefined, '1']);
  disk.full = true;
  await begun.set('x', written('放不下'));
  expect(begun.get('x')?.requirement).toBe('放不下');
});
