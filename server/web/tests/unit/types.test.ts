// The shapes that this client reads against the types made from the server's description: the compiler compares them
// (`npm run check`). A message that the server describes otherwise does not compile here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { components } from '../../shared/protocol.generated';
import type * as m from '../../shared/wire/messages';
import type { Of } from '../../shared/wire/shape';

type Wire = components['schemas'];
/** What is read here is what is described there, and every field of it is known there by the same name. */
type Fits<Ours, Theirs> = Ours extends Theirs ? (keyof Ours extends keyof Theirs ? true : never) : never;

const compared: {
  Area: Fits<m.Area, Wire['Area']>;
  Unit: Fits<m.Unit, Wire['Unit']>;
  Checklist: Fits<m.Checklist, Wire['Checklist']>;
  Item: Fits<m.ChecklistItem, Wire['Item']>;
  Finding: Fits<m.Finding, Wire['Finding']>;
  Evidence: Fits<m.Evidence, Wire['Evidence']>;
  Position: Fits<m.Position, Wire['Position']>;
  Answers: Fits<m.Answers, Wire['Answers']>;
  Inspection: Fits<m.Inspection, Wire['Inspection']>;
  Problem: Fits<m.Problem, Wire['Problem']>;
  Limits: Fits<m.Limits, Wire['Limits']>;
  Capabilities: Fits<m.Capabilities, Wire['Capabilities']>;
  Tokens: Fits<m.Tokens, Wire['Tokens']>;
  Me: Fits<m.Me, Wire['Me']>;
  Device: Fits<m.Device, Wire['Device']>;
  Metadata: Fits<m.Metadata, Wire['Metadata']>;
  Declared: Fits<m.Declared, Wire['Declared']>;
  ClockReading: Fits<m.ClockReading, Wire['ClockReading']>;
  ChannelDigest: Fits<m.ChannelDigest, Wire['ChannelDigest']>;
  SignIn: Fits<Of<typeof m.signIn>, Wire['SignIn']>;
  Refresh: Fits<Of<typeof m.refresh>, Wire['Refresh']>;
} = {
  Area: true,
  Unit: true,
  Checklist: true,
  Item: true,
  Finding: true,
  Evidence: true,
  Position: true,
  Answers: true,
  Inspection: true,
  Problem: true,
  Limits: true,
  Capabilities: true,
  Tokens: true,
  Me: true,
  Device: true,
  Metadata: true,
  Declared: true,
  ClockReading: true,
  ChannelDigest: true,
  SignIn: true,
  Refresh: true,
};

it('every compared message is one that the server describes', () => {
  const kept = JSON.parse(readFileSync(join(import.meta.dirname, '../../shared/openapi.json'), 'utf8'));
  for (const name of Object.keys(compared)) expect(kept.components.schemas, name).toHaveProperty(name);
});
