// A sign-in on this phone: tokens, and the proofs that keep it (docs/PROTOCOL.md § 4).
//
// The access token lives in this page's memory only; the refresh token is sealed in the person's store, and worth
// nothing without the device's key, which cannot be taken out of the browser. A proof is written down before it is
// sent, and sent again as it was when its answer is lost.
import type { Answer } from '../engine/step';
import { v7 } from '../ids';
import { ask, type Reply, refusalOf } from '../net/http';
import type { DeviceKey, Home } from '../store/home';
import {
  type Capabilities,
  capabilities as capabilitiesShape,
  type Tokens,
  tokens as tokensShape,
} from '../wire/messages';
import { isCode, type Problem, readProblem } from '../wire/problem';
import { makeDeviceKey, prove, publicKeyOf, refreshClaims } from './proof';

const PROTOCOL = 1;
const KNOWN = ['sync', 'digests', 'events', 'tus', 'preview', 'gzip'];

/** No answer at all: offline, or something in between. */
export class NoAnswer extends Error {}
export class SignInRefused extends Error {
  constructor(public readonly problem: Problem) {
    super(problem.title);
  }
}

export interface Credentials {
  jurisdiction: string;
  login: string;
  password: string;
}

interface Stored {
  refresh_token: string;
  /** A refresh that was begun: the very request, to be repeated as it is. */
  pending?: string;
}

function read<T>(reply: Reply | undefined, shape: { read(value: unknown): T }): T {
  if (!reply) throw new NoAnswer();
  if (reply.status < 200 || reply.status > 299) {
    const problem = readProblem(reply.body);
    if (!problem) throw new NoAnswer();
    throw new SignInRefused(problem);
  }
  try {
    return shape.read(reply.body);
  } catch {
    throw new NoAnswer();
  }
}

export async function fetchCapabilities(): Promise<Capabilities> {
  return read(await ask('GET', '/v1/capabilities'), capabilitiesShape);
}

function credentialsBody(
  { jurisdiction, login, password }: Credentials,
  device?: { device_id: string; proof: string },
): string {
  return JSON.stringify({
    ...(jurisdiction ? { jurisdiction } : {}),
    login: login.trim(),
    password,
    ...(device ? { device } : {}),
  });
}

/** With the password alone: who that is, and a token that can enrol a device. */
export async function signInBare(credentials: Credentials): Promise<Tokens> {
  return read(await ask('POST', '/v1/sessions', { body: credentialsBody(credentials) }), tokensShape);
}

export class Session {
  private access: string | undefined;

  private constructor(
    private readonly home: Home,
    private stored: Stored | undefined,
  ) {}

  static async open(home: Home): Promise<Session> {
    return new Session(home, await home.sealed<Stored>('session'));
  }

  get token(): string | undefined {
    return this.access;
  }

  get canRefresh(): boolean {
    return this.stored !== undefined;
  }

  /** Enrols this phone with a key of its own. If the answer is lost, the same key is used again. */
  async enrol(bare: Tokens, name: string, platform: string, fresh: boolean): Promise<void> {
    const { challenge } = await fetchCapabilities();
    const kept = fresh ? undefined : await this.home.deviceKey();
    const device: DeviceKey = kept ?? { pair: await makeDeviceKey() };
    if (!kept) await this.home.keepDeviceKey(device);
    const proof = await prove(device.pair.privateKey, { purpose: 'enrol', jti: v7(), challenge });
    const public_key = await publicKeyOf(device.pair);
    const body = JSON.stringify({
      name,
      platform,
      protocol: PROTOCOL,
      capabilities: KNOWN,
      public_key,
      proof,
    });
    const tokens = read(await ask('POST', '/v1/devices', { token: bare.access_token, body }), tokensShape);
    await this.home.keepDeviceKey({ ...device, device_id: tokens.device_id });
    await this.take(tokens);
  }

  /** Signs in on the device that this phone is. A revoked device is enrolled anew, with a new key. */
  async signIn(credentials: Credentials, name: string, platform: string): Promise<void> {
    const device = await this.home.deviceKey();
    if (!device?.device_id) return this.enrol(await signInBare(credentials), name, platform, false);
    const { challenge } = await fetchCapabilities();
    const proof = await prove(device.pair.privateKey, { purpose: 'sign_in', jti: v7(), challenge });
    const body = credentialsBody(credentials, { device_id: device.device_id, proof });
    try {
      await this.take(read(await ask('POST', '/v1/sessions', { body }), tokensShape));
    } catch (error) {
      const gone = error instanceof SignInRefused && isCode(error.problem, 'device_revoked', 'proof_invalid');
      if (!gone) throw error;
      await this.enrol(await signInBare(credentials), name, platform, true);
    }
  }

  /** Kept before it is used. */
  private async take(tokens: Tokens): Promise<void> {
    if (tokens.refresh_token) {
      this.stored = { refresh_token: tokens.refresh_token };
      await this.home.keepSealed('session', this.stored);
    }
    this.access = tokens.access_token;
  }

  async refresh(): Promise<Answer> {
    const { stored } = this;
    const device = await this.home.deviceKey();
    if (!stored || !device) return { is: 'refused', status: 401 };
    if (!stored.pending) {
      const proof = await prove(device.pair.privateKey, refreshClaims(v7(), stored.refresh_token));
      stored.pending = JSON.stringify({ refresh_token: stored.refresh_token, proof });
      await this.home.keepSealed('session', stored);
    }
    const reply = await ask('POST', '/v1/sessions/refresh', { body: stored.pending });
    if (!reply) return { is: 'lost' };
    if (reply.status < 200 || reply.status > 299) {
      const problem = readProblem(reply.body);
      // Something in between, which does not know this protocol, cannot end a sign-in.
      return problem ? refusalOf(reply) : { is: 'lost' };
    }
    try {
      await this.take(tokensShape.read(reply.body));
      return { is: 'welcome' };
    } catch {
      return { is: 'lost' };
    }
  }

  /** Ends the sign-in here and, if it can be reached, on the server. */
  async end(): Promise<void> {
    if (this.access) await ask('DELETE', '/v1/sessions/current', { token: this.access });
    this.access = undefined;
    this.stored = undefined;
    await this.home.keepSealed('session', null);
  }

  forgetAccess(): void {
    this.access = undefined;
  }
}
