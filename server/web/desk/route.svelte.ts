// The page that is open, with its filters: all of it behind `#`, so that an address can be kept and sent on, and the
// server has one page only. Never holds anything that is not in the address.

/** A sign that is no code of one stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Route {
  private hash = $state(location.hash);

  constructor() {
    addEventListener('hashchange', () => {
      this.hash = location.hash;
    });
  }

  private get parts(): [path: string, query: string] {
    const [path = '', query = ''] = this.hash.replace(/^#\/?/, '').split('?');
    return [path, query];
  }

  get path(): string[] {
    return this.parts[0].split('/').map(decoded);
  }

  get page(): string {
    return this.path[0] || 'today';
  }

  get id(): string {
    return this.path[1] ?? '';
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.parts[1]);
  }

  get(name: string): string {
    return this.query.get(name) ?? '';
  }

  /** Changes filters in place: no step back for each letter typed. */
  set(values: Record<string, string | undefined>): void {
    const query = this.query;
    for (const [name, value] of Object.entries(values)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    history.replaceState(null, '', `#/${this.parts[0]}${text ? `?${text}` : ''}`);
    this.hash = location.hash;
  }

  go(path: string): void {
    location.hash = `#/${path}`;
  }

  replace(path: string): void {
    history.replaceState(null, '', `#/${path}`);
    this.hash = location.hash;
  }
}

export const route = new Route();
