// What this app calls its stores. Field and desk are served by one address, and share neither stores nor sign-ins: a
// supervisor may have both open, each a device of its own.
export const STORES = import.meta.env?.BASE_URL === '/' ? 'anfang-desk' : 'anfang';
