// An invitation: as an address, as it is typed, and what becomes of it when answers are lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Joining, type Redeemed, type SignedIn } from '../../field/join';
import { invitationAddress, readInvitation, readScanned, tidyCode } from '../../shared/rules/invitation';

const code = fc
  .array(fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), { minLength: 12, maxLength: 12 })
  .map((all) => tidyCode(all.join('')));

describe('the address', () => {
  it('brings everything to the phone, whatever the login has in it', () => {
    const login = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((one) => !/\s/.test(one));
    fc.assert(
      fc.property(fc.constantFrom('', '990126'), login, code, (jurisdiction, login, code) => {
        const address = invitationAddress('https://a.example', { jurisdiction, login, code });
        const { origin, pathname, search, hash } = new URL(address);
        // The code stands behind the hash: it is never sent, and never logged.
        expect(origin + pathname + search).toBe('https://a.example/field/');
        expect(readInvitation(hash)).toEqual({ jurisdiction, login, code });
      }),
    );
  });

  it('opens empty by hand, and only for its own page', () => {
    expect(readInvitation('#/join')).toEqual({ jurisdiction: '', login: '', code: '' });
    expect(readInvitation('#/joiner?l=a')).toBeUndefined();
    expect(readInvitation('')).toBeUndefined();
  });

  it('is told from every other QR code that a camera may see', () => {
    const here = 'https://a.example';
    const invited = { jurisdiction: '990126', login: 'lu', code: 'ABCD-EFGH-1234' };
    expect(readScanned(invitationAddress(here, invited), here)).toEqual({ is: 'invitation', invited });
    const there = invitationAddress('https://a.example:8443', invited);
    expect(readScanned(there, here)).toEqual({ is: 'elsewhere', host: 'a.example:8443' });
    const others = [
      '',
      'WIFI:S:office;T:WPA;P:secret;;',
      'https://a.example/',
      'https://a.example/field/',
      'https://a.example/field/#/join',
      'https://a.example/field/#/join?l=lu',
      'https://a.example/field/#/join?c=ABCD-EFGH-1234',
      'https://a.example/docs/#/join?l=lu&c=ABCD-EFGH-1234',
      'javascript:alert(1)',
    ];
    for (const text of others) expect(readScanned(text, here), text).toEqual({ is: 'other' });
    fc.assert(fc.property(fc.string(), (text) => readScanned(text, here).is === 'other'));
  });

  it('takes no letter for another', () => {
    expect(tidyCode('oOiI-lL01')).toBe('0011-1101');
  });

  it.each(['abcd efgh 1234', 'ABCD-EFGH-1234', ' abcdefgh1234 ', 'ＡＢＣＤ－ＥＦＧＨ－１２３４'])(
    'reads %s',
    (typed) => {
      expect(tidyCode(typed)).toBe('ABCD-EFGH-1234');
    },
  );
});

/** A server that redeems once, on a line that loses answers; a phone that signs in with what was set. */
class World {
  set: string | undefined;
  spent = false;
  sent = 0;
  constructor(
    private readonly losses: { redeem: boolean[]; signIn: boolean[] },
    private readonly typed: () => string,
  ) {}

  async redeem(): Promise<Redeemed> {
    this.sent += 1;
    const lost = this.losses.redeem.shift() ?? false;
    if (this.spent) return lost ? 'lost' : 'code';
    this.spent = true;
    this.set = this.typed();
    return lost ? 'lost' : 'done';
  }

  async signIn(): Promise<SignedIn> {
    if (this.losses.signIn.shift()) return 'offline';
    return this.set === this.typed() ? 'done' : 'wrong';
  }
}

describe('joining', () => {
  it('gets in with the same password, however many answers are lost', async () => {
    const losses = fc.record({
      redeem: fc.array(fc.boolean(), { maxLength: 5 }),
      signIn: fc.array(fc.boolean(), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(losses, async (losses) => {
        const world = new World(losses, () => 'long enough');
        const joining = new Joining(world);
        const form = { password: 'long enough', again: 'long enough' };
        for (let tries = 0; tries < 12; tries++) {
          const result = await joining.go(form);
          if (result === 'joined') return;
          // It never sends somebody for a new code while the password is set.
          expect(['offline', 'set']).toContain(result);
        }
        throw new Error('never in');
      }),
    );
  });

  it('sends nothing that cannot be right', async () => {
    const world = new World({ redeem: [], signIn: [] }, () => '');
    const joining = new Joining(world);
    expect(await joining.go({ password: 'one password', again: 'another one' })).toBe('differ');
    expect(await joining.go({ password: 'short', again: 'short' })).toBe('short');
    expect(world.sent).toBe(0);
  });

  it('tells a spent code, and does not try the password where no answer was lost', async () => {
    const world = new World({ redeem: [], signIn: [] }, () => 'long enough');
    world.spent = true;
    let tried = 0;
    const signIn = async () => {
      tried += 1;
      return 'wrong' as const;
    };
    const ports = { redeem: () => world.redeem(), signIn };
    const form = { password: 'long enough', again: 'long enough' };
    expect(await new Joining(ports).go(form)).toBe('code');
    expect(tried).toBe(0);
  });

  it('does not redeem again once the password is set', async () => {
    const world = new World({ redeem: [], signIn: [true] }, () => 'long enough');
    const joining = new Joining(world);
    const form = { password: 'long enough', again: 'long enough' };
    expect(await joining.go(form)).toBe('set');
    expect(await joining.go(form)).toBe('joined');
    expect(world.sent).toBe(1);
  });
});
