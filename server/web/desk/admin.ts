// What administrators ask of the server, and its answers in three words: done, no answer, refused. Never keeps anything.
// What is asked twice, because no answer came, is done once.
import type { Host } from '../shared/host.svelte';
import { v7 } from '../shared/ids';
import type { Reply } from '../shared/net/http';
import {
  type Account,
  type AccountGrant,
  account as accountShape,
  accountsPage,
  accountGrant as grantShape,
  type Invitation,
  invitation as invitationShape,
} from '../shared/wire/admin';
import { type Problem, readProblem } from '../shared/wire/problem';
import type { Shape } from '../shared/wire/shape';

export type Done<T> =
  | { is: 'done'; value: T }
  /** No answer, or something in between. It may have been done all the same. */
  | { is: 'offline' }
  | { is: 'refused'; problem?: Problem; status: number };

type Asker = Pick<Host, 'get' | 'send'>;

export function doneOf<T>(reply: Reply | undefined, shape?: Shape<T>): Done<T> {
  if (!reply) return { is: 'offline' };
  if (reply.status > 299) {
    const problem = readProblem(reply.body);
    // Who does not speak this protocol did not refuse anything.
    return problem ? { is: 'refused', problem, status: reply.status } : { is: 'offline' };
  }
  try {
    return { is: 'done', value: shape ? shape.read(reply.body) : (undefined as T) };
  } catch {
    return { is: 'offline' };
  }
}

/** Ids of what is to be made: the same content, asked again because no answer came, keeps its id. */
export class Once {
  private kept: { content: string; id: string } | undefined;

  idFor(content: unknown): string {
    const text = JSON.stringify(content);
    if (this.kept?.content !== text) this.kept = { content: text, id: v7() };
    return this.kept.id;
  }

  /** It was made: the same content anew is another one. */
  done(): void {
    this.kept = undefined;
  }
}

export interface Wanted {
  q?: string;
  unit_id?: string;
  after?: string;
  limit?: string;
}

export async function accounts(host: Asker, wanted: Wanted) {
  const given = Object.entries(wanted).filter((one): one is [string, string] => Boolean(one[1]));
  return doneOf(await host.get(`/v1/accounts?${new URLSearchParams(given)}`), accountsPage);
}

/** One account. The server has no address for it; a county has some hundreds. */
export async function accountOf(host: Asker, id: string): Promise<Done<Account | undefined>> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await accounts(host, { after, limit: '200' });
    if (page.is !== 'done') return page;
    const found = page.value.accounts.find(({ account_id }) => account_id === id);
    if (found) return { is: 'done', value: found };
    after = page.value.next;
  }
  return { is: 'done', value: undefined };
}

export async function makeAccount(
  host: Asker,
  body: { account_id: string; login: string; name: string; unit_id?: string },
): Promise<Done<Account>> {
  return doneOf(await host.send('POST', '/v1/accounts', body), accountShape);
}

export async function invite(host: Asker, account: string): Promise<Done<Invitation>> {
  return doneOf(await host.send('POST', `/v1/accounts/${account}/invitation`), invitationShape);
}

export async function setStanding(
  host: Asker,
  account: string,
  standing: 'active' | 'disabled',
): Promise<Done<void>> {
  return doneOf<void>(await host.send('PUT', `/v1/accounts/${account}/standing`, { standing }));
}

/** Given already, it is the same grant. */
export interface NewGrant {
  role: string;
  area_id?: string;
  unit_id?: string;
}

export async function giveGrant(host: Asker, account: string, grant: NewGrant): Promise<Done<AccountGrant>> {
  return doneOf(await host.send('POST', `/v1/accounts/${account}/grants`, grant), grantShape);
}

export async function takeGrant(host: Asker, grant: string): Promise<Done<void>> {
  return doneOf<void>(await host.send('DELETE', `/v1/grants/${grant}`));
}
