// What only somebody who is signed in, or signing in, needs: fetched after the first screen is shown.
export { fetchCapabilities, NoAnswer, Session, SignInRefused, signInBare } from '../shared/auth/session';
export { problemOfEntry } from '../shared/engine/outbox';
export { ask } from '../shared/net/http';
export { Runner } from '../shared/runner';
export { Home, NoSpace } from '../shared/store/home';
export { checklist as checklistShape, me as meShape } from '../shared/wire/messages';
export { isCode } from '../shared/wire/problem';
