// Whether there is room on the phone for what is still to be photographed. Pure.

export interface Space {
  used: number;
  quota: number;
  persisted: boolean;
}

/** A day's photos and a short film: below this the phone says that space is running out, before it does. */
export const LOW_BYTES = 200 * 1024 * 1024;

/** Never below nothing: some browsers tell more used than there is. */
export const leftOf = ({ used, quota }: Space) => Math.max(quota - used, 0);

/** A phone that does not tell is not said to be full. */
export const isLow = (space: Space | undefined): boolean =>
  space !== undefined && space.quota > 0 && leftOf(space) < LOW_BYTES;
