// "Did you mean …?": the known word that a wrong one is most likely to be.

/** Longer words are compared by their beginning. */
const LONGEST = 64;

/**
 * The candidate that needs the fewest single-letter changes (letters exchanged count as one), case aside.
 * @returns undefined when none is near: more than a third of the word's letters (at least one, at most four) would have to change
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.slice(0, LONGEST).toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.min(4, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least || candidate.length > LONGEST) continue;
    const distance = distanceOf(wanted, candidate.toLowerCase(), least);
    if (distance < least && distance < wanted.length) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Changes, insertions, deletions and exchanges of neighbours that make one word the other; `enough` when there are at least that many. */
function distanceOf(a: string, b: string, enough: number): number {
  let before: number[] = [];
  let row: number[] = [];
  for (let j = 0; j <= b.length; j++) row.push(j);
  for (let i = 1; i <= a.length; i++) {
    const next: number[] = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
      if (cost < least) least = cost;
    }
    // a row that has reached it everywhere only grows; an exchange looks back one row more
    if (least > enough) return enough;
    before = row;
    row = next;
  }
  return row[b.length] ?? enough;
}
