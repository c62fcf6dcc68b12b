// The phone's camera, as a stream that is let go again: for photos and for scanning.

/** Why there is no picture: not allowed, no camera, or another program has it. */
export type Dark = 'refused' | 'none' | 'busy';

const WHY: Record<string, Dark> = {
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** Gives back the way out; after it neither is called any more. */
export function lookThrough(
  wanted: MediaTrackConstraints,
  onlight: (stream: MediaStream) => void,
  ondark: (why: Dark) => void,
): () => void {
  let stream: MediaStream | undefined;
  let left = false;
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const open = async () => {
    const video = { facingMode: 'environment', ...wanted };
    stream = await navigator.mediaDevices.getUserMedia({ video });
    if (left) stop();
    else onlight(stream);
  };
  open().catch((error: unknown) => {
    if (!left) ondark(WHY[(error as Error).name] ?? 'none');
  });
  return () => {
    left = true;
    stop();
  };
}
