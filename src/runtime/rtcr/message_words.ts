// Ids in the message registers of a restored thread: a message that was not yet sent, or not yet read, names objects by old ids.
// Pure. Source modelled: genode-16.08-abi.md 1.1 (words of a message: protocol, number of capabilities, their ids, payload).

const CAPS_MAX = 4;
const MESSAGE_WORDS = 63;
const INVALID_ID = 0xffff_ffff;

/** New id of an old one, undefined where the id is none that was restored. */
export type Rename = (id: number) => number | undefined;

/**
 * Translates what can be ids. Words that a thread has already read are translated too, which nobody notices; kernel protocols
 * never look like a message with one to four capabilities that are all known.
 */
export function translateMessage(words: readonly number[], rename: Rename): number[] {
  const result = [...words];
  const count = result[1] ?? 0;
  const object = rename(result[0] ?? 0);
  if (object !== undefined && count <= CAPS_MAX) result[0] = object;
  if (count < 1 || count > CAPS_MAX) return result;
  for (let at = 2; at < Math.min(2 + count, MESSAGE_WORDS); at++) {
    const id = result[at] ?? 0;
    if (id === INVALID_ID) continue;
    const now = rename(id);
    if (now !== undefined) result[at] = now;
  }
  return result;
}

/** A label as a server receives it: the id of the invoked object and two rights bits. */
export function translateLabel(label: number, rename: Rename): number {
  const now = rename(label & ~3);
  return now === undefined ? label : (now | (label & 3)) >>> 0;
}
