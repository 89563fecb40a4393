// Replacements of ranges of one text, kept in order and without overlaps. Each fork copies the list, never the text.

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

// Never pushed to: a list begins as `[first]`, which takes no room for more than it holds.
const NONE: Splice[] = [];

/** A sorted list of replacements. All offsets are into the original text. */
export class Splices {
  #list: Splice[] = NONE;

  /** A list with the same replacements that grows on its own. */
  clone(): Splices {
    const copy = new Splices();
    if (this.#list !== NONE) copy.#list = this.#list.slice();
    return copy;
  }

  /** Whether a range (not empty) has been taken away as a whole and nothing put in its place. */
  isGone(from: number, to: number): boolean {
    const list = this.#list;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.from ?? 0) <= from) low = middle + 1;
      else high = middle;
    }
    // the list is in order and without overlaps: insertions aside, only the last one that begins here or before can reach so far
    for (let i = low - 1; i >= 0; i--) {
      const splice = list[i];
      if (splice !== undefined && splice.to > splice.from) return splice.to >= to && splice.text === "";
    }
    return false;
  }

  /** Takes back what was inserted at an offset. @returns it, "" when there was nothing */
  takeInsertion(at: number): string {
    let text = "";
    for (const splice of this.#list) if (splice.from === at && splice.to === at) text += splice.text;
    if (text !== "") this.#list = this.#list.filter((splice) => splice.from !== at || splice.to !== at);
    return text;
  }

  /**
   * Replaces a range; an empty one inserts. Earlier replacements inside the range give way. Where the range lies
   * inside an earlier one, that text is no longer there and nothing happens. Partly overlapping ones are merged.
   */
  put(from: number, to: number, text: string): void {
    const list = this.#list;
    const last = list[list.length - 1];
    if (last === undefined) {
      this.#list = [{ from, to, text }];
      return;
    }
    if (last.to <= from && last.from < from) {
      list.push({ from, to, text });
      return;
    }
    let start = from;
    let end = to;
    let left = "";
    let right = "";
    const kept: Splice[] = [];
    for (const old of list) {
      if (start === end) {
        // An insertion inside a replaced range has lost its place.
        if (old.from < start && start < old.to) return;
        kept.push(old);
      } else if (old.to <= from || old.from >= to) kept.push(old);
      else if (old.from >= from && old.to <= to) continue;
      else if (old.from <= from && old.to >= to) return;
      else if (old.from < from) {
        start = old.from;
        left = old.text;
      } else {
        end = old.to;
        right = old.text;
      }
    }
    const splice: Splice = { from: start, to: end, text: left + text + right };
    let place = kept.length;
    // Insertions at one offset keep the order of their calls and stand before a replacement that starts there.
    while (place > 0 && isAfter(kept[place - 1], splice)) place--;
    kept.splice(place, 0, splice);
    this.#list = kept;
  }

  /**
   * Takes several ranges away, in one pass where none of them meets an earlier replacement.
   * @param ranges - pairs of offsets, in order and without overlaps
   */
  remove(ranges: readonly number[]): void {
    const list = this.#list;
    const merged: Splice[] = [];
    let i = 0;
    for (let k = 0; k + 1 < ranges.length; k += 2) {
      const from = ranges[k] ?? 0;
      const to = ranges[k + 1] ?? 0;
      for (let old = list[i]; old !== undefined && old.to <= from; old = list[++i]) merged.push(old);
      if ((list[i]?.from ?? to) < to) {
        for (let one = 0; one + 1 < ranges.length; one += 2) this.put(ranges[one] ?? 0, ranges[one + 1] ?? 0, "");
        return;
      }
      merged.push({ from, to, text: "" });
    }
    for (let old = list[i]; old !== undefined; old = list[++i]) merged.push(old);
    this.#list = merged;
  }

  /** Whether a replacement touches a range. */
  touches(from: number, to: number): boolean {
    for (const splice of this.#list) if (splice.to >= from && splice.from <= to) return true;
    return false;
  }

  /** The range of the text with the replacements that touch it applied; those elsewhere do not count. */
  within(text: string, from: number, to: number): string {
    let out = "";
    let at = from;
    for (const splice of this.#list) {
      if (splice.to < from || splice.from > to) continue;
      out += text.slice(at, Math.max(at, splice.from)) + splice.text;
      at = Math.max(at, splice.to);
    }
    return out + text.slice(at, Math.max(at, to));
  }

  /** The range of the text with all replacements in it applied. */
  apply(text: string, from: number, to: number): string {
    let out = "";
    let at = from;
    for (const splice of this.#list) {
      out += text.slice(at, splice.from) + splice.text;
      at = splice.to;
    }
    return out + text.slice(at, to);
  }
}

function isAfter(old: Splice | undefined, splice: Splice): boolean {
  if (old === undefined) return false;
  if (old.from !== splice.from) return old.from > splice.from;
  return old.to > old.from && splice.to === splice.from;
}
