// An invitation as an address: what the desk puts into the QR code, and the phone takes out of it. Behind `#`, so that
// no server and no log ever sees the code. Pure.

export interface Invited {
  jurisdiction: string;
  login: string;
  code: string;
}

export function invitationAddress(origin: string, { jurisdiction, login, code }: Invited): string {
  const query = new URLSearchParams({ ...(jurisdiction ? { j: jurisdiction } : {}), l: login, c: code });
  return `${origin}/field/#/join?${query}`;
}

/** `undefined`: the page is not open. By hand, every part is empty. */
export function readInvitation(hash: string): Invited | undefined {
  const [path, query] = hash.replace(/^#\/?/, '').split('?');
  if (path !== 'join') return undefined;
  const part = new URLSearchParams(query ?? '');
  const of = (name: string) => (part.get(name) ?? '').trim();
  return { jurisdiction: of('j'), login: of('l'), code: tidyCode(of('c')) };
}

/** What a QR code is to a phone that has the app of this address open. */
export type Scanned =
  | { is: 'invitation'; invited: Invited }
  | { is: 'elsewhere'; host: string }
  | { is: 'other' };

export function readScanned(text: string, origin: string): Scanned {
  if (!URL.canParse(text)) return { is: 'other' };
  const url = new URL(text);
  const invited = url.pathname === '/field/' ? readInvitation(url.hash) : undefined;
  if (!invited?.login || !invited.code) return { is: 'other' };
  // Its code is good there and nowhere else: it is not sent to a server that it is not of.
  return url.origin === origin ? { is: 'invitation', invited } : { is: 'elsewhere', host: url.host };
}

/** As it is printed, however it was typed: groups of four, capitals, none taken for another. */
export function tidyCode(typed: string): string {
  // A phone's keyboard may be set to letters of full width.
  const plain = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0');
  const told = plain.replace(/[IL]/g, '1');
  return (told.match(/.{1,4}/g) ?? []).join('-');
}
