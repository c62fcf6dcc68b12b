// What a person does: gives commands, and deals with refused ones. Pure.
import type { Envelope } from '../wire/messages';
import { refuse } from '../wire/problem';
import { type Moment, reading } from './clock';
import type { Engine } from './engine';
import type { NewFile } from './files';
import type { Entry } from './outbox';
import type { Record } from './record';
import { byteLength } from './turn';

/** A command that a person gives, before it has a number. */
export interface NewCommand {
  /** Fresh. */
  id: string;
  type: string;
  item: string;
  /** The revision of the item that the person had before the eyes. */
  base_rev?: string;
  body: unknown;
  /** SHA-256 of the files that the body names. */
  files: string[];
}

/** Queues a command. The files that it names come along, or are known already; the driver has put them safe.
 *  Refuses what cannot be: an id in use, a file that is not here, a command that is too large. */
export function give(engine: Engine, command: NewCommand, files: NewFile[], now: Moment): Record[] {
  if (engine.outbox.get(command.id)) refuse('duplicate_id', { detail: command.id });
  const here = (sha: string) =>
    files.some((file) => file.sha256 === sha) || engine.files.get(sha) !== undefined;
  const missing = command.files.find((sha) => !here(sha));
  if (missing) refuse('evidence_unknown', { detail: missing });
  const queued = numbered(engine, command, engine.outbox.nextN, engine.outbox.lastOn(command.item), now);
  return [...(files.length ? [{ files }] : []), { queued }];
}

function numbered(
  engine: Engine,
  command: NewCommand,
  n: number,
  after: string | undefined,
  now: Moment,
): Entry {
  const { id, type, item, base_rev, body, files } = command;
  const envelope = JSON.stringify({
    n,
    id,
    type,
    ...(base_rev === undefined ? {} : { base_rev }),
    ...(after === undefined ? {} : { after }),
    at: new Date(now.wall).toISOString(),
    clock: reading(engine.time, now),
    body,
  });
  const bytes = byteLength(envelope);
  const limit = engine.limits.command_bytes;
  if (bytes > limit) refuse('command_too_large', { detail: `${bytes} bytes, at most ${limit}` });
  return { n, id, type, item, after, at: now.wall, files, envelope, sent: false, state: { is: 'saved' } };
}

/** Throws away a refused command, or one that never went out, together with all that follow it. `undefined` when it
 *  is not there, or when the server may have applied it. */
export function discard(engine: Engine, id: string, withFiles: boolean): Record[] | undefined {
  const commands = family(engine, id);
  return commands && [{ discarded: { commands, withFiles } }];
}

/** Gives a refused command again as a new one, with its followers: its reason was removed, or a mistake was on the
 *  other side. `fresh` makes identifiers. `undefined` when it may not be thrown away. */
export function giveAgain(
  engine: Engine,
  id: string,
  now: Moment,
  fresh: () => string,
): Record[] | undefined {
  const commands = family(engine, id);
  if (!commands) return undefined;
  const renamed = new Map<string, string>();
  const records: Record[] = [];
  let n = engine.outbox.nextN;
  for (const old of commands.flatMap((one) => engine.outbox.get(one) ?? [])) {
    const { base_rev, body } = JSON.parse(old.envelope) as Envelope;
    const command = { id: fresh(), type: old.type, item: old.item, base_rev, body, files: old.files };
    const before = engine.outbox.get(old.after);
    const stands = before && !engine.outbox.isDead(before) ? before.id : undefined;
    const after = (old.after && renamed.get(old.after)) ?? stands;
    renamed.set(old.id, command.id);
    records.push({ queued: numbered(engine, command, n, after, now) });
    n += 1;
  }
  return [...records, { discarded: { commands, withFiles: false } }];
}

/** A refused file goes once more: the reason was removed, or lay with the link. `undefined` when it was not refused. */
export function fileAgain(engine: Engine, sha256: string): Record[] | undefined {
  return refusedFile(engine, sha256) && [{ file: { sha256, state: { is: 'saved' } } }];
}

/** A refused file is given up: its report stands without it. `undefined` when it was not refused. */
export function letGo(engine: Engine, sha256: string): Record[] | undefined {
  return refusedFile(engine, sha256) && [{ file: { sha256, state: { is: 'given_up' } } }];
}

const refusedFile = (engine: Engine, sha256: string) =>
  engine.files.get(sha256)?.state.is === 'refused' || undefined;

/** The command and its followers, if they can never be applied. */
function family(engine: Engine, id: string): string[] | undefined {
  const entry = engine.outbox.get(id);
  if (!entry || (entry.sent && !engine.outbox.isDead(entry))) return undefined;
  return [id, ...engine.outbox.followers(id)];
}
