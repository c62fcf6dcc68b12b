// What only somebody who is signed in, or signing in, needs: fetched after the first screen is shown.
export { fetchCapabilities, NoAnswer, Session, SignInRefused, signInBare } from './auth/session';
export { problemOfEntry } from './engine/outbox';
export { listen } from './net/hints';
export { ask, askBlob, askFile } from './net/http';
export { countBy, terms as termsShape } from './rules/workdays';
export { Runner } from './runner';
export { Home, NoSpace } from './store/home';
export { checklist as checklistShape, me as meShape } from './wire/messages';
export { isCode, readProblem } from './wire/problem';
