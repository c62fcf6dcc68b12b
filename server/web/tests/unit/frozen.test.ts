// The frozen messages of protocol/examples/v1, replayed. If a sample fails, mend the program, never the sample.

import { webcrypto } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Claims, prove } from '../../shared/auth/proof';
import { CODES } from '../../shared/codes.generated';
import { judge } from '../../shared/rules/clock';
import { drawFile, verifyDraw } from '../../shared/rules/draw';
import { review } from '../../shared/rules/review';
import { canonical, digestOf, hashText, share } from '../../shared/wire/canonical';
import * as items from '../../shared/wire/items';
import * as m from '../../shared/wire/messages';
import { codeOf, Refused } from '../../shared/wire/problem';
import { list, type Shape } from '../../shared/wire/shape';

const ROOT = join(
  process.env.ANFANG_ROOT ?? join(import.meta.dirname, '../../../..'),
  'protocol/examples/v1',
);

interface Sample {
  as: string;
  about: string;
  message: unknown;
  unknown?: string[];
  sha256?: string;
  digests?: Record<string, string>;
  text?: string;
  of?: string;
  code?: string;
  items?: { id: string; rev: number; share: string }[];
  proof?: string;
  private_key_hex?: string;
  submit?: unknown;
  site?: unknown;
  checklists?: unknown;
  recorded?: m.ClockReading;
  sent?: m.ClockReading;
  now?: string;
}

const samples = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name): [string, Sample] => [name, JSON.parse(readFileSync(join(ROOT, name), 'utf8'))]);

const MESSAGES: Record<string, Shape<unknown>> = {
  'sync.request': m.request,
  'sync.response': m.page,
  'auth.sign_in': m.signIn,
  'auth.enrol': m.enrol,
  'auth.refresh': m.refresh,
  'auth.change_password': m.changePassword,
  'auth.tokens': m.tokens,
  'auth.me': m.me,
  'auth.devices': list(m.device),
  capabilities: m.capabilities,
  area: m.area,
  unit: m.unit,
  site: m.site,
  checklist: m.checklist,
  inspection: m.inspection,
  rectification: items.rectification,
  rectification_desk: items.desk,
  notice: items.notice,
  plan: items.plan,
  problem: m.problem,
  'blobs.declare': m.declare,
  'blobs.declarations': m.declarations,
  'blobs.metadata': m.metadata,
};
const COMMANDS: Record<string, Shape<unknown>> = {
  'inspection.submit': m.submit,
  'inspection.amend': m.amend,
  'inspection.void': m.voiding,
  'inspection.ask': m.ask,
  ...items.ACTS,
  ...items.COMMANDS_ELSE,
};
/** `JSON.parse` takes the last of two fields of one name. It is the server that reads commands of others. */
const CANNOT_TELL = ['refused/command_twice_the_same_field.json'];

function without(message: unknown, pointers: string[] = []): unknown {
  const copy = structuredClone(message);
  for (const pointer of pointers) {
    const path = pointer.split('/').slice(1);
    const last = path.pop() ?? '';
    const parent = path.reduce((at, key) => at[key] as never, copy as Record<string, unknown>);
    expect(parent).toHaveProperty([last]);
    delete parent[last];
  }
  return copy;
}

/** Optional fields are absent or null: the same thing. Times with and without a fraction, too. */
function plain(value: unknown): string {
  const bare = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(bare);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(
      Object.entries(one)
        .filter(([, inner]) => inner !== null)
        .map(([key, inner]) => [key, bare(inner)]),
    );
  };
  return canonical(bare(value));
}

function same(shape: Shape<unknown>, sample: Sample): void {
  expect(plain(shape.read(sample.message))).toBe(plain(without(sample.message, sample.unknown)));
}

function commandCode(text: string): string | undefined {
  let envelope: m.Envelope;
  try {
    envelope = m.envelope.read(JSON.parse(text));
  } catch {
    return 'command_unreadable';
  }
  const shape = COMMANDS[envelope.type];
  if (!shape) return 'command_type_unknown';
  return refusalOf(() => shape.read(envelope.body), 'command_invalid');
}

function refusalOf(read: () => unknown, code: string): string | undefined {
  try {
    read();
    return undefined;
  } catch {
    return code;
  }
}

function refused({ text = '', of = '', message }: Sample): void {
  let code: string | undefined;
  if (of === 'command') {
    code = commandCode(text);
  } else {
    const shape = of === 'sync.change' ? strictChange : MESSAGES[of];
    if (!shape) throw new Error(`nobody refuses ${of}`);
    let json: unknown;
    code = refusalOf(() => {
      json = JSON.parse(text);
    }, 'not_json');
    code ??= refusalOf(() => shape.read(json), 'request_invalid');
  }
  expect({ code }).toEqual(message);
}

/** The feed counts steps that it cannot read (`Feed.tally.unread`); here they are refused. */
const strictChange: Shape<unknown> = {
  read(value) {
    const change = m.change.read(value);
    const isPut = change.put && change.kind !== undefined && /^\d{1,10}$/.test(change.rev ?? '');
    if (!change.drop && !change.gone && !isPut) throw new Error('none of drop, gone, put');
    return change;
  },
};

function command(sample: Sample): void {
  const body = (sample.unknown ?? []).filter((pointer) => pointer.startsWith('/body/'));
  const outside = (sample.unknown ?? []).filter((pointer) => !pointer.startsWith('/body/'));
  const read = m.envelope.read(sample.message);
  expect(plain(read)).toBe(plain(without(sample.message, outside)));
  expect(digestOf(sample.message)).toBe(sample.sha256);
  const bare = without(sample.message, body) as m.Envelope;
  expect(plain(COMMANDS[read.type]?.read(read.body))).toBe(plain(bare.body));
}

function reviewed(sample: Sample): void {
  const submit = m.submit.read(sample.submit);
  const checklists = list(m.checklist).read(sample.checklists);
  let today: unknown;
  try {
    today = review(submit, m.site.read(sample.site), checklists);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    today = { refused: codeOf(error.problem), at: error.problem.at };
  }
  const message = sample.message as Record<string, unknown>;
  if ('verdict' in message) expect(plain(today)).toBe(plain({ flags: [], ...message }));
  else expect(today).toMatchObject(refusalIn(message));
}

function refusalIn(message: Record<string, unknown>): Record<string, unknown> {
  const code = message.code ?? message.refused;
  return { refused: code, ...(message.at === undefined ? {} : { at: message.at }) };
}

async function proof(sample: Sample): Promise<void> {
  const seed = Buffer.from(sample.private_key_hex ?? '', 'hex');
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign']);
  expect(await prove(key as CryptoKey, sample.message as Claims)).toBe(sample.proof);
}

function judged({ recorded, sent, now, message }: Sample): void {
  if (!recorded || !sent || !now) throw new Error('no clocks');
  const today = judge(recorded, sent, Date.parse(now));
  const expected = message as { recorded_at: string | null };
  const at = expected.recorded_at === null ? null : Date.parse(expected.recorded_at);
  expect(today).toEqual({ ...expected, recorded_at: at });
}

function drawn({ message, code }: Sample): void {
  let said: string | undefined;
  try {
    verifyDraw(drawFile.read(message));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    said = codeOf(error.problem);
  }
  expect(said).toBe(code);
}

async function check(name: string, sample: Sample): Promise<void> {
  const message = MESSAGES[sample.as];
  if (message) same(message, sample);
  switch (sample.as) {
    case 'command':
      return command(sample);
    case 'canonical':
      expect({
        canonical: canonical(JSON.parse(sample.text ?? '')),
        sha256: digestOf(JSON.parse(sample.text ?? '')),
      }).toEqual(sample.message);
      return;
    case 'digest': {
      const shares = (sample.items ?? []).map((item) => {
        const own = share(item.id, item.rev);
        expect(own.toString(16).padStart(16, '0')).toBe(item.share);
        return own;
      });
      const xor = shares.reduce((sum, one) => sum ^ one, 0n);
      expect({ count: shares.length, xor: xor.toString(16).padStart(16, '0') }).toEqual(sample.message);
      return;
    }
    case 'draw':
      return drawn(sample);
    case 'clock':
      return judged(sample);
    case 'review':
      return reviewed(sample);
    case 'refused':
      return refused(sample);
    case 'auth.proof':
      return proof(sample);
    case 'problem':
      expect(codeOf(m.problem.read(sample.message)) ?? null).toBe(sample.code ?? null);
      return;
    case 'problem_codes':
      for (const [code, status] of Object.entries(sample.message as Record<string, number>)) {
        expect(CODES[code as keyof typeof CODES]?.[0], code).toBe(status);
      }
      return;
    case 'sync.request':
      for (const [pointer, digest] of Object.entries(sample.digests ?? {})) {
        const at = pointer
          .split('/')
          .slice(1)
          .reduce((value, key) => (value as never)[key], sample.message);
        expect(digestOf(at)).toBe(digest);
      }
      return;
    default:
      if (!message) throw new Error(`${name}: nobody checks samples of ${sample.as}`);
  }
}

describe('frozen samples', () => {
  it('are all there, unedited', () => {
    const sums = readFileSync(join(ROOT, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(samples.length).toBe(sums.length);
    for (const line of sums) {
      const [sum, name = ''] = line.split('  ');
      expect(hashText(readFileSync(join(ROOT, name), 'utf8')), name).toBe(sum);
    }
  });

  it.each(samples.filter(([name]) => !CANNOT_TELL.includes(name)))('%s', async (name, sample) => {
    await check(name, sample);
  });
});
