// Hints that there is news (docs/PROTOCOL.md § 15): a stream of server-sent events, read by hand, because the browser's
// own reader cannot send a token. A hint may be lost: whoever listens looks now and then by itself, too.

/** Listens until the stream ends or `signal` stops it. Returns how it ended. */
export async function listen(
  token: string | undefined,
  news: () => void,
  signal: AbortSignal,
): Promise<'ended' | 'refused'> {
  try {
    const headers = { accept: 'text/event-stream', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch('/v1/sync/events', {
      headers,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    if (!answer.ok || !answer.body) return 'refused';
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return 'ended';
      rest += value;
      const events = rest.split(/\r?\n\r?\n/);
      rest = events.pop() ?? '';
      if (events.some((event) => /^event: ?news$/m.test(event))) news();
    }
  } catch {
    return 'ended';
  }
}
