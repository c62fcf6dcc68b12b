// Shortcuts of one sign: on from the start, off for those who speak to their computer or strike keys unawares
// (WCAG 2.1.4). Keys that are no sign, and those with Ctrl, are no such shortcuts. Pure.

export function isSign(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): boolean {
  return [...event.key].length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
}
