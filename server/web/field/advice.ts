// What a refusal says, and what to do about it. The protocol's own words tell both where they can: what happened before the
// semicolon, what to do behind it. Where they do not, the few words of this app. Pure.
import type { Language } from '../shared/lang/lang.svelte';
import type { Problem } from '../shared/wire/messages';
import { T } from './text';

export interface Advice {
  what: string;
  todo: string;
}

const OWN: Record<string, readonly [zh: string, en: string]> = {
  site_unknown: T.adviseScope,
  command_forbidden: T.adviseScope,
  not_allowed: T.adviseScope,
  plan_unknown: T.advisePlan,
  media_not_allowed: T.adviseFile,
  evidence_invalid: T.adviseFile,
  blob_empty: T.adviseFile,
  blob_too_large: T.adviseFile,
};

/** In Chinese the advice begins with a word that asks for something. */
const SEAM = { zh: /[，；](?=请|如)/, en: /; / };

export function adviceOf(problem: Problem, language: Language): Advice {
  const said = language === 'zh' ? problem.title_zh : problem.title;
  const code = problem.type.split(':').at(-1) ?? '';
  const seam = SEAM[language].exec(said);
  const own = OWN[code] ?? (seam ? undefined : T.adviseElse);
  if (own) return { what: said, todo: own[language === 'zh' ? 0 : 1] };
  const at = seam?.index ?? said.length;
  return { what: said.slice(0, at), todo: said.slice(at + (seam?.[0].length ?? 0)) };
}
