// Reading JSON that somebody else wrote. A shape tells what is there, leaves out what this version does not know,
// and takes `null` for absent. What it cannot read it refuses with the place. Never changes its input.

export class NotOfShape extends Error {
  constructor(
    public readonly at: string,
    expected: string,
  ) {
    super(`${at || '/'}: expected ${expected}`);
  }
}

export interface Shape<T> {
  read(value: unknown, at?: string): T;
  /** May be left out of an object. */
  optional?: boolean;
  /** May be left out, and is there all the same. */
  mayLack?: boolean;
}

export type Of<S> = S extends Shape<infer T> ? T : never;

function shape<T>(expected: string, read: (value: unknown, at: string) => T | undefined): Shape<T> {
  return {
    read(value, at = '') {
      const found = read(value, at);
      if (found === undefined) throw new NotOfShape(at, expected);
      return found;
    },
  };
}

export const text = shape('a text', (value) => (typeof value === 'string' ? value : undefined));
export const flag = shape('true or false', (value) => (typeof value === 'boolean' ? value : undefined));
export const number = shape('a number', (value) => (typeof value === 'number' ? value : undefined));
/** Kept as it came. */
export const anything: Shape<unknown> = shape('a value', (value) => value ?? null);

export function whole(low = 0, high = Number.MAX_SAFE_INTEGER): Shape<number> {
  return shape('a whole number', (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high
      ? value
      : undefined,
  );
}

export function matching(pattern: RegExp, expected: string): Shape<string> {
  return shape(expected, (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined));
}

export const uuid = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a UUID');
export const sha = matching(/^[0-9a-f]{64}$/, 'a SHA-256 in lower case');
export const time: Shape<string> = shape('a time with an offset', (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/i.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? value
    : undefined,
);

export function list<T>(part: Shape<T>): Shape<T[]> {
  return shape('a list', (value, at) =>
    Array.isArray(value) ? value.map((one, i) => part.read(one, `${at}/${i}`)) : undefined,
  );
}

export function pair<A, B>(a: Shape<A>, b: Shape<B>): Shape<[A, B]> {
  return shape('a pair', (value, at) =>
    Array.isArray(value) && value.length === 2
      ? [a.read(value[0], `${at}/0`), b.read(value[1], `${at}/1`)]
      : undefined,
  );
}

export function map<T>(part: Shape<T>): Shape<Record<string, T>> {
  return shape('an object', (value, at) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, part.read(one, `${at}/${key}`)]))
      : undefined,
  );
}

export function optional<T>(inner: Shape<T>): Shape<T | undefined> & { optional: true } {
  return { optional: true, read: (value, at) => (value == null ? undefined : inner.read(value, at)) };
}

/** Absent when it says nothing: an empty list, false. */
export function sparse<T>(inner: Shape<T>): Shape<T | undefined> & { optional: true } {
  return {
    optional: true,
    read(value, at) {
      if (value == null) return undefined;
      const found = inner.read(value, at);
      return found === false || (Array.isArray(found) && found.length === 0) ? undefined : found;
    },
  };
}

/** Absent means this. */
export function or<T>(inner: Shape<T>, absent: T): Shape<T> & { mayLack: true } {
  return { mayLack: true, read: (value, at) => (value == null ? absent : inner.read(value, at)) };
}

type Fields = Record<string, Shape<unknown>>;
type Optional<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F];
type ObjectOf<F extends Fields> = { [K in Exclude<keyof F, Optional<F>>]: Of<F[K]> } & {
  [K in Optional<F>]?: Of<F[K]>;
};

export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return shape('an object', (value, at) => {
    if (!isObject(value)) return undefined;
    const found: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(fields)) {
      if (value[name] == null && !part.optional && !part.mayLack)
        throw new NotOfShape(`${at}/${name}`, 'a value');
      const read = part.read(value[name], `${at}/${name}`);
      if (read !== undefined) found[name] = read;
    }
    return found as ObjectOf<F>;
  });
}

/** One of several shapes, told apart by the word in `tag`. */
export function tagged<Tag extends string, V extends Record<string, Fields>>(
  tag: Tag,
  variants: V,
): Shape<{ [K in keyof V]: { [T in Tag]: K } & ObjectOf<V[K]> }[keyof V]> {
  return shape(`one of ${Object.keys(variants).join(', ')}`, (value, at) => {
    if (!isObject(value)) return undefined;
    const word = value[tag];
    if (typeof word !== 'string' || !Object.hasOwn(variants, word)) return undefined;
    return { [tag]: word, ...object(variants[word] ?? {}).read(value, at) };
  }) as never;
}

/** Exactly one of these fields. */
export function oneOf<F extends Fields>(
  fields: F,
): Shape<{ [K in keyof F]: { [P in K]: Of<F[K]> } }[keyof F]> {
  return shape(`exactly one of ${Object.keys(fields).join(', ')}`, (value, at) => {
    if (!isObject(value)) return undefined;
    const names = Object.keys(value);
    const [name] = names;
    if (names.length !== 1 || !name || !Object.hasOwn(fields, name)) return undefined;
    return { [name]: fields[name]?.read(value[name], `${at}/${name}`) };
  }) as never;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
