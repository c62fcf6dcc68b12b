// Makes shared/protocol.generated.ts from a server's own description, or checks that it is still true.
//   node dev/types.mjs write|check [URL of a server | path of an openapi.json]
// With them: the table of refusals, of who may do what to an item at which stage, and the working calendars.
// ANFANG_ROOT names another checkout to read these from.
// Without a source, the description kept in shared/openapi.json is used. Never edits by hand what it made.
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import openapi, { astToString } from 'openapi-typescript';

const here = new URL('..', import.meta.url);
const root = process.env.ANFANG_ROOT ? pathToFileURL(`${process.env.ANFANG_ROOT}/`) : new URL('../../', here);
const kept = new URL('shared/openapi.json', here);
const made = new URL('shared/protocol.generated.ts', here);

const [mode, source] = process.argv.slice(2);

/** Keys sorted, so that the order in which a server names things is no difference. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

async function read(from) {
  if (!from) return JSON.parse(await readFile(kept, 'utf8'));
  if (!/^https?:/.test(from)) return JSON.parse(await readFile(from, 'utf8'));
  const answer = await fetch(new URL('/openapi.json', from));
  if (!answer.ok) throw new Error(`${from} answered ${answer.status}`);
  return answer.json();
}

/** Words that the description refers to and does not list are open vocabularies: texts. */
function completed(description) {
  const schemas = description.components.schemas;
  const named = JSON.stringify(description).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  for (const [, name] of named) {
    if (name in schemas) continue;
    console.error(`the description lacks the schema ${name}; taken as text`);
    schemas[name] = { type: 'string' };
  }
  const seen = new Set();
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const name = operation?.operationId;
      if (!name) continue;
      // A name that is there twice is none; what is made of it here is by address alone.
      if (seen.has(name)) {
        operation.operationId = `${method}${path}`.replace(/\W+/g, '_');
        console.error(`the description has ${name} twice; ${path} is called ${operation.operationId}`);
      }
      seen.add(name);
    }
  }
  return description;
}

const description = sorted(completed(await read(source)));
const types = `// Made by \`npm run types:make\` from the server's description. Never edit it.\n${astToString(await openapi(description))}`;
const text = `${JSON.stringify(description)}\n`;

/** Every refusal with its status and titles, from the one table there is. */
async function refusals() {
  const table = await readFile(new URL('protocol/src/problem.rs', root), 'utf8');
  const rows = table.matchAll(/^ {4}\w+ = "(\w+)", (\d+), "([^"]+)", "([^"]+)";$/gm);
  const lines = [...rows].map(
    ([, code, status, en, zh]) => `  ${code}: [${status}, '${zh}', ${JSON.stringify(en)}],`,
  );
  if (lines.length < 60) throw new Error('protocol/src/problem.rs has another form than expected');
  return `// Made by \`npm run types:make\` from protocol/src/problem.rs. Never edit it.\nexport const CODES = {\n${lines.join('\n')}\n} as const;\n`;
}

/** A JSON file of the repository as a module; its texts are the server's. */
async function asModule(name, from, pick = (json) => json) {
  const values = [];
  for (const path of from) values.push(pick(JSON.parse(await readFile(new URL(path, root), 'utf8'))));
  const value = from.length === 1 ? values[0] : values;
  return `// Made by \`npm run types:make\` from ${from.join(', ')}. Never edit it.\nexport const ${name} = ${JSON.stringify(value)} as const;\n`;
}

const codes = new URL('shared/codes.generated.ts', here);
const table = await refusals();
const authority = new URL('shared/authority.generated.ts', here);
const rules = await asModule('AUTHORITY', ['docs/authority.json'], ({ rules, not_now }) => ({
  rules,
  not_now,
}));
const tiers = new URL('shared/tiers.generated.ts', here);
const priorities = await asModule('TIERS', ['protocol/rules/tiers.json']);
const calendars = new URL('shared/calendars.generated.ts', here);
const years = await asModule(
  'CALENDARS',
  [2026, 2027].map((year) => `protocol/calendars/cn-${year}.json`),
);

if (mode === 'write') {
  await writeFile(kept, text);
  await writeFile(made, types);
  await writeFile(codes, table);
  await writeFile(authority, rules);
  await writeFile(calendars, years);
  await writeFile(tiers, priorities);
} else if (mode === 'check') {
  const expected = [
    [kept, text],
    [made, types],
    [codes, table],
    [authority, rules],
    [calendars, years],
    [tiers, priorities],
  ];
  const actual = await Promise.all(expected.map(([file]) => readFile(file, 'utf8').catch(() => '')));
  const same = expected.every(([, content], i) => actual[i] === content);
  console.log(
    same
      ? 'types are true to the server'
      : 'DRIFT: the server says otherwise; run `npm run types:make -- URL`',
  );
  process.exitCode = same ? 0 : 1;
} else {
  console.error('usage: types.mjs write|check [URL or file]');
  process.exitCode = 2;
}
