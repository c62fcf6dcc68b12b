// Who administers. Pure; what may be is only shown here, the server decides.
import type { Area, Me } from '../wire/messages';

/** Whoever administers does so for the whole jurisdiction: over the area that lies in no other. */
export function mayAdminister(me: Me | undefined, areas: Area[]): boolean {
  const root = areas.find(({ parent_id }) => !parent_id)?.area_id;
  return (me?.grants ?? []).some(
    ({ role, scope, revoked_at }) =>
      role === 'administrator' && !revoked_at && 'area' in scope && scope.area === root,
  );
}
