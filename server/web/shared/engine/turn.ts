// What to do next, and what an answer means. Pure: the driver does it, keeps the records, applies them.
import type { Limits, Page, Standing } from '../wire/messages';
import { isKnownChannel } from '../wire/messages';
import { isCode } from '../wire/problem';
import { type Moment, reading, serverNow, type TimeSense } from './clock';
import type { Feed } from './feed';
import type { FileState, Files } from './files';
import type { Outbox } from './outbox';
import { type Pace, Pacer, type Settings } from './pace';
import type { Asked, Record } from './record';
import {
  type Answer,
  accessAfter,
  blamesTheMessage,
  isPassingRefusal,
  type Network,
  type Refusal,
  type Step,
} from './step';

/** Room for what goes with the commands in one request. */
const REQUEST_OVERHEAD_BYTES = 64 * 1024;
/** Refusals of a request that only pulled, after which the phone pulls everything anew. */
const PULL_REFUSALS_MAX = 3;

/** What the engine goes by. */
interface State {
  settings: Settings;
  limits: Limits;
  outbox: Outbox;
  feed: Feed;
  files: Files;
  time: TimeSense;
  pace: Pace;
  wantedFiles(): Set<string>;
}

export function next(engine: State, now: Moment, network: Network): Step {
  const { pace, settings } = engine;
  if (network === 'none') return { do: 'wait', why: 'offline' };
  if (settings.paused) return { do: 'wait', why: 'paused' };
  if (pace.access.is === 'signed_out') return { do: 'sign_in', problem: pace.access.problem };
  if (now.uptime_ms < pace.wait_until_ms) {
    return { do: 'wait', until_ms: pace.wait_until_ms, why: 'back_off', problem: pace.trouble };
  }
  if (pace.access.is === 'stale') return { do: 'refresh' };
  return nextExchange(engine, now) ?? nextFile(engine, now, network) ?? rest(engine, network);
}

function nextExchange(engine: State, now: Moment): Step | undefined {
  const { outbox, feed, pace } = engine;
  const commands = batch(engine, now);
  const pulls = pace.too_old === undefined;
  const looks = pulls && (pace.pull_due || now.uptime_ms >= pace.poll_at_ms);
  if (commands.length === 0 && !looks) return undefined;
  const waiting_for = outbox.awaitsEffects() ? outbox.mark : undefined;
  const pull = pulls ? feed.pull() : undefined;
  const resync = pull?.resync.filter(isKnownChannel) ?? [];
  const ack_through = outbox.ackThrough();
  const head = {
    cursor: pull?.cursor ?? null,
    ...(pulls ? {} : { pull: false }),
    ...(ack_through === undefined ? {} : { ack_through }),
    limit_bytes: Math.min(pace.page_bytes, engine.limits.page_bytes_max),
    ...(waiting_for === undefined ? {} : { waiting_for }),
    ...(resync.length ? { resync } : {}),
    ...(pull?.digests ? { digests: true } : {}),
    clock: reading(engine.time, now),
  };
  // Envelopes go out as the very texts that were kept: parsing and writing them again might change a byte.
  const texts = commands.flatMap((id) => outbox.get(id)?.envelope ?? []);
  const tail = texts.length ? `,"commands":[${texts.join(',')}]` : '';
  const body = `${JSON.stringify(head).slice(0, -1)}${tail}}`;
  return { do: 'sync', body, asked: { commands, pull, waiting_for } };
}

/** The commands of the next push: in order, within the server's limits and what the link bears. */
function batch(engine: State, now: Moment): string[] {
  const { pace, limits, outbox } = engine;
  const count = Math.max(Math.min(pace.push_commands, limits.commands_per_push), 1);
  const room = Math.min(pace.push_bytes, limits.request_bytes - REQUEST_OVERHEAD_BYTES);
  const chosen: string[] = [];
  let bytes = 0;
  for (const entry of outbox.sendable(now.uptime_ms >= pace.retry_at_ms).slice(0, count)) {
    bytes += byteLength(entry.envelope) + 1;
    if (bytes > room && chosen.length > 0) break;
    chosen.push(entry.id);
  }
  return chosen;
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

const maySendVideos = (engine: State, network: Network) =>
  network === 'free' || !engine.settings.video_on_wifi_only;

function nextFile(engine: State, now: Moment, network: Network): Step | undefined {
  const { files, pace, limits } = engine;
  const due = files.due(engine.wantedFiles(), maySendVideos(engine, network));
  const work = files.next(due, now.uptime_ms >= pace.declare_at_ms, limits.blobs_per_declaration);
  if (!work) return undefined;
  if ('declare' in work) return { do: 'declare', blobs: work.declare };
  if ('ask' in work) return { do: 'ask', sha256: work.ask, upload: work.upload };
  const length = Math.min(work.left, pace.upload_bytes);
  return { do: 'upload', sha256: work.send, upload: work.upload, offset: work.offset, length };
}

function rest(engine: State, network: Network): Step {
  const { pace } = engine;
  const files = engine.files.due(engine.wantedFiles(), maySendVideos(engine, network)).length > 0;
  const commands = engine.outbox.open().length > 0;
  const times = [
    ...(pace.too_old ? [] : [pace.poll_at_ms]),
    ...(commands ? [pace.retry_at_ms] : []),
    ...(files ? [pace.declare_at_ms] : []),
  ];
  const until = times.length ? { until_ms: Math.min(...times) } : {};
  return commands || files
    ? { do: 'wait', ...until, why: 'back_off', problem: pace.trouble }
    : { do: 'wait', ...until, why: 'idle' };
}

export function opening(engine: State, step: Step): Record[] {
  if (step.do === 'sync') {
    const first = step.asked.commands.filter((id) => engine.outbox.get(id)?.sent === false);
    return first.length ? [{ sending: first }] : [];
  }
  if (step.do === 'upload') {
    return [{ file: { sha256: step.sha256, state: { is: 'declared', upload: step.upload } } }];
  }
  return [];
}

export interface Taken {
  step: Step;
  answer: Answer;
  took_ms: number;
  now: Moment;
  chance: number;
}

export function decide(engine: State, taken: Taken): Record[] {
  const pacer = new Pacer(engine.pace, engine.settings, taken.now, taken.chance);
  const records = meaning(engine, taken, pacer);
  // First: what the other records mean for the pace comes on top.
  return [{ pace: pacer.pace }, ...records];
}

function meaning(engine: State, { step, answer, took_ms, now }: Taken, pacer: Pacer): Record[] {
  switch (answer.is) {
    case 'synced':
      return synced(engine, step, answer.page, took_ms, now, pacer);
    case 'declared':
      return declared(engine, answer.standings, now, pacer);
    case 'holds':
      return holds(engine, step, answer.bytes, took_ms, pacer);
    case 'welcome':
      pacer.pace.access = { is: 'good' };
      pacer.wentWell();
      return [];
    case 'refused':
      return refused(engine, step, answer, pacer);
    case 'broken':
      return step.do === 'ask' || step.do === 'upload'
        ? [{ file: { sha256: step.sha256, state: { is: 'refused', problem: answer.problem } } }]
        : [];
    case 'lost':
      pacer.backOff();
      if (step.do === 'sync') pacer.shrinkSync();
      if (step.do === 'upload') pacer.shrinkUpload();
      return [];
  }
}

function synced(engine: State, step: Step, page: Page, took_ms: number, now: Moment, pacer: Pacer): Record[] {
  if (step.do !== 'sync') return [];
  const { pace } = pacer;
  pacer.wentWell();
  pace.pull_refusals = 0;
  pacer.fitSync(took_ms, page.more === true, engine.limits.page_bytes_max);
  pace.poll_at_ms = now.uptime_ms + engine.settings.poll_ms;
  const settled = ['applied', 'rejected', 'conflict'];
  if (page.outcomes?.some(({ status }) => !settled.includes(status))) {
    const asked = page.outcomes.flatMap(({ problem }) => problem?.retry_after_s ?? []);
    pacer.defer(asked.length ? Math.max(...asked) : undefined);
  } else if (step.asked.commands.length > 0) {
    pace.deferrals = 0;
  }
  return [{ synced: { asked: step.asked, page, wall: now.wall } }];
}

function declared(engine: State, standings: Standing[], now: Moment, pacer: Pacer): Record[] {
  pacer.wentWell();
  const { steps, wait } = engine.files.declared(standings, serverNow(engine.time, now));
  if (wait || steps.length === 0) pacer.holdDeclarations();
  // What is stored now shows in the feed.
  if (steps.some(({ state }) => state.is === 'received'))
    pacer.pace.pull_due = pacer.pace.too_old === undefined;
  return steps.map((file) => ({ file }));
}

function holds(engine: State, step: Step, bytes: number, took_ms: number, pacer: Pacer): Record[] {
  if (step.do !== 'ask' && step.do !== 'upload') return [];
  const from = step.do === 'upload' ? step.offset : undefined;
  if (from !== undefined && bytes <= from) {
    pacer.backOff();
  } else if (from !== undefined) {
    pacer.wentWell();
    pacer.fitUpload(took_ms);
  }
  return engine.files.holds(step.sha256, step.upload, bytes, from).map((file) => ({ file }));
}

function refused(engine: State, step: Step, refusal: Refusal, pacer: Pacer): Record[] {
  const { pace } = pacer;
  pace.trouble = refusal.problem;
  const access = accessAfter(step, refusal);
  if (access) {
    // Refreshing is tried at once, but not in a circle.
    if (access.is === 'stale') pacer.backOff(0);
    pace.access = access;
    return [];
  }
  if (isPassingRefusal(refusal)) {
    pacer.backOff(refusal.retry_after_s);
    return [];
  }
  if (step.do === 'sync') return syncRefused(engine, step.asked, refusal, pacer);
  if (step.do === 'ask' || step.do === 'upload') {
    return uploadRefused(engine, step.sha256, step.upload, refusal, pacer);
  }
  pacer.backOff(refusal.retry_after_s);
  return [];
}

/** The server refused the request as a whole. One command may be the reason: the batch is halved until it stands
 *  alone. */
function syncRefused(engine: State, asked: Asked, refusal: Refusal, pacer: Pacer): Record[] {
  const { pace } = pacer;
  const { problem } = refusal;
  if (isCode(problem, 'client_too_old') && asked.pull) {
    pace.too_old = problem;
    pace.pull_due = false;
    return [];
  }
  if (asked.commands.length > 1) {
    pace.push_commands = Math.floor(asked.commands.length / 2);
    return [];
  }
  const [command] = asked.commands;
  if (command !== undefined && problem && blamesTheMessage(refusal))
    return [{ refusedHere: { command, problem } }];
  pacer.backOff(refusal.retry_after_s);
  if (command === undefined && problem) {
    pace.pull_refusals += 1;
    if (pace.pull_refusals >= PULL_REFUSALS_MAX && engine.feed.cursor !== undefined) {
      pace.pull_refusals = 0;
      return [{ startOver: true }];
    }
  }
  return [];
}

function uploadRefused(
  engine: State,
  sha256: string,
  upload: string,
  refusal: Refusal,
  pacer: Pacer,
): Record[] {
  const to = (state: FileState): Record[] => [{ file: { sha256, state } }];
  const { status, problem } = refusal;
  if (status === 404 || status === 410) {
    pacer.holdDeclarations();
    return to({ is: 'saved' });
  }
  if (problem && isCode(problem, 'hash_mismatch')) {
    return engine.files.mismatched(sha256, problem).map((file) => ({ file }));
  }
  if (problem && [413, 415, 422].includes(status)) return to({ is: 'refused', problem });
  // Somebody else wrote to it, or a part was damaged: ask where it stands.
  pacer.backOff(refusal.retry_after_s);
  return to({ is: 'declared', upload });
}
