// Joining by an invitation: the password is set by the code, then the phone signs in with it. What can go wrong has a
// word of its own each. Pure: the network is handed in.
import type { Problem } from '../shared/wire/problem';

export type Joined =
  | 'joined'
  /** Two passwords that differ; too short. Nothing was sent. */
  | 'differ'
  | 'short'
  /** No answer. The code may have been spent by it. */
  | 'offline'
  /** Wrong, spent, or run out. */
  | 'code'
  | 'weak'
  /** The store on this phone is locked with an earlier password. */
  | 'old_password'
  /** The password is set; signing in did not succeed yet. */
  | 'set'
  | { wait_s: number }
  | { refused: Problem };

export interface Form {
  password: string;
  again: string;
}

export type Redeemed = 'done' | 'lost' | 'code' | 'weak' | { wait_s: number } | { refused: Problem };
export type SignedIn = 'done' | 'wrong' | 'offline' | 'old_password' | { refused: unknown };

export interface Ports {
  redeem(): Promise<Redeemed>;
  signIn(): Promise<SignedIn>;
}

export const PASSWORD_CHARS_MIN = 8;

export class Joining {
  /** The code was sent and no answer came: it may be spent by ourselves. */
  private unsure = false;
  private isSet = false;

  constructor(private readonly ports: Ports) {}

  async go({ password, again }: Form): Promise<Joined> {
    if (password !== again) return 'differ';
    if ([...password].length < PASSWORD_CHARS_MIN) return 'short';
    if (!this.isSet) {
      const redeemed = await this.ports.redeem();
      // An answer that was lost: if the password opens now, it was ours that had spent the code.
      if (redeemed === 'code' && this.unsure) return this.enter('code');
      if (redeemed === 'lost') {
        this.unsure = true;
        return 'offline';
      }
      if (redeemed !== 'done') return redeemed;
      this.isSet = true;
    }
    return this.enter('set');
  }

  private async enter(otherwise: 'set' | 'code'): Promise<Joined> {
    const result = await this.ports.signIn();
    if (result === 'done') return 'joined';
    if (result === 'old_password') {
      this.isSet = true;
      return 'old_password';
    }
    return result === 'offline' && otherwise === 'code' ? 'offline' : otherwise;
  }
}
