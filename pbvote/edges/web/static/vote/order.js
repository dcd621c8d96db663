// The order of the projects on the ballot, where the call lets every device have its own (docs/protocol.md, S2).
//
// What this module guarantees: every order is as likely as every other, as far as 32 bits of chance tell; the
// order stays while the ballot is filled in; it follows from a number that is kept in this tab alone, sent
// nowhere but in the address of a longer ballot's pages, and says nothing of anybody.

const KEY = "pbvote-order";

/** The number of this tab, drawn when it is first needed. */
export function seed() {
  const kept = sessionStorage.getItem(KEY);
  if (kept) return Number(kept);
  const drawn = crypto.getRandomValues(new Uint32Array(1))[0];
  sessionStorage.setItem(KEY, String(drawn));
  return drawn;
}

/** A generator of numbers from 0 up to 1 (mulberry32). */
function chance(state) {
  let at = state >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The items in the order of a number (Fisher and Yates); the list itself stays as it is. */
export function shuffled(items, number) {
  const [list, next] = [[...items], chance(number)];
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}
