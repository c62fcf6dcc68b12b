// What the parts that both apps use have to say; each app says it in its own words.
import type { Pair } from '../lang/lang.svelte';

type Key =
  | 'login'
  | 'password'
  | 'oldPassword'
  | 'oldPasswordLead'
  | 'jurisdiction'
  | 'jurisdictionHint'
  | 'signingIn'
  | 'signIn'
  | 'signInAgain'
  | 'sessionOver'
  | 'wrongPassword'
  | 'needNetwork'
  | 'language';
export type Texts = Record<Key, Pair>;
