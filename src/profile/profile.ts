// A named set of links: how many calls a customer has, which calls run over a carrier. Its size is the number of its
// links and nothing that is counted up and down beside them.
import { keep, ShardedMap } from "../kit/index.ts";
import { Group, Link, type LinkedProfile, type Member } from "./link.ts";

/** Where a profile counts: on this node, in a shared key-value server (`/s`), across the cluster (`/b`). */
export type Sharing = "local" | "s" | "b";

/** A value of a profile and how often it is held. */
export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

/** One profile. `M` is whatever is counted; it keeps the head of its own list of links (`Member`). */
export class Profile<M extends Member> implements LinkedProfile {
  /** Without its sharing suffix. */
  readonly name: string;
  readonly hasValue: boolean;
  /** As it was asked for: `caller/s` stays `s` here even where no shared backend is configured. */
  readonly declaredSharing: Sharing;
  /** As it really counts. */
  readonly sharing: Sharing;
  /** @internal told of every link that has come or is about to go, while a check runs */
  watch: ((profile: Profile<M>, link: Link<M>, by: 1 | -1) => void) | undefined = undefined;
  readonly #groups: ShardedMap<string, Group<M>> | undefined;
  readonly #only: Group<M> | undefined;
  #total = 0;

  constructor(name: string, hasValue: boolean, declaredSharing: Sharing, sharing: Sharing) {
    this.name = name;
    this.hasValue = hasValue;
    this.declaredSharing = declaredSharing;
    this.sharing = sharing;
    this.#groups = hasValue ? new ShardedMap<string, Group<M>>() : undefined;
    this.#only = hasValue ? undefined : new Group<M>("");
  }

  /** The name as scripts and tables write it: `name`, `name/s` or `name/b`. */
  get fullName(): string {
    return this.declaredSharing === "local" ? this.name : `${this.name}/${this.declaredSharing}`;
  }

  /**
   * Adds one membership; a member may hold the same value several times and counts as often.
   * @param value - ignored in a profile without values
   * @param tag - the sharing tag it is counted under
   */
  link(member: M, value: string, tag?: string): Link<M> {
    const group = this.#groupFor(value);
    const link = new Link<M>(this, member, group, tag);
    group.add(link);
    this.#total++;
    link.older = member.firstLink;
    member.firstLink = link;
    this.watch?.(this, link, 1);
    return link;
  }

  /**
   * Adds one membership unless the value is held `max` times already: look and act are one step.
   * @returns undefined when the limit is reached
   */
  tryLink(member: M, value: string, max: number, tag?: string): Link<M> | undefined {
    return this.size(this.hasValue ? value : undefined) >= max ? undefined : this.link(member, value, tag);
  }

  /**
   * Takes one membership away.
   * @returns whether it was still linked, and to this profile
   */
  unlink(link: Link): boolean {
    const group = link.group;
    if (group === undefined || link.profile !== this) return false;
    this.watch?.(this, link as Link<M>, -1);
    group.remove(link);
    this.#total--;
    if (group.count === 0) this.#groups?.delete(group.value);
    detach(link);
    return true;
  }

  /** The newest link of a member with this value; without a value in a profile that has them, the newest of any value. */
  linkOf(member: M, value?: string): Link | undefined {
    for (let link = member.firstLink; link !== undefined; link = link.older) {
      if (link.profile !== this) continue;
      if (value === undefined || !this.hasValue || link.value === value) return link;
    }
    return undefined;
  }

  /**
   * How many links there are, of one value or of all. Links, not members: who is in twice counts twice.
   * @param value - ignored in a profile without values
   */
  size(value?: string): number {
    if (value === undefined || this.#groups === undefined) return this.#total;
    return this.#groups.get(value)?.count ?? 0;
  }

  /**
   * The members as they are at this moment, in the order they came; one who is in several times is named once.
   * A copy: whoever walks it may link and unlink meanwhile.
   */
  members(value?: string): readonly M[] {
    return [...this.walk(value)];
  }

  /**
   * The same, one after the other: the walk may be interrupted, and links may come and go meanwhile. Who has left is not named any more; who
   * came may be named or not.
   */
  *walk(value?: string): Generator<M, void, undefined> {
    const wanted = this.hasValue ? value : undefined;
    for (const group of this.#groupsOf(wanted)) {
      for (const link of linksOf(group)) {
        // named where its oldest link stands: once
        if (link.isLinked && this.#oldestLinkOf(link.member, wanted) === link) yield link.member;
      }
    }
  }

  /** Every value that is held now with its count; a profile without values has one entry with "". */
  values(): readonly ValueCount[] {
    return [...this.walkValues()];
  }

  /** The same, one after the other, each as it is when its turn comes. */
  *walkValues(): Generator<ValueCount, void, undefined> {
    for (const { value, count } of this.#all()) if (count > 0 || !this.hasValue) yield { value, count };
  }

  /** @internal what stands under a value, for the checker */
  groupOf(value: string): Group<M> | undefined {
    return this.#groups === undefined ? this.#only : this.#groups.get(value);
  }

  /** @internal every value and what stands under it, for the checker; the walk may be interrupted */
  *groups(): IterableIterator<readonly [value: string, group: Group<M>]> {
    if (this.#groups !== undefined) yield* this.#groups.entries();
    else if (this.#only !== undefined) yield ["", this.#only];
  }

  #groupFor(value: string): Group<M> {
    if (this.#groups === undefined) return this.#only ?? new Group<M>("");
    const known = this.#groups.get(value);
    if (known !== undefined) return known;
    const group = new Group<M>(keep(value));
    this.#groups.set(group.value, group);
    return group;
  }

  #groupsOf(value: string | undefined): Iterable<Group<M>> {
    if (value === undefined || this.#groups === undefined) return this.#all();
    const group = this.#groups.get(value);
    return group === undefined ? [] : [group];
  }

  #oldestLinkOf(member: M, value: string | undefined): Link | undefined {
    let oldest: Link | undefined;
    for (let link = member.firstLink; link !== undefined; link = link.older) {
      if (link.profile === this && (value === undefined || link.value === value)) oldest = link;
    }
    return oldest;
  }

  *#all(): IterableIterator<Group<M>> {
    if (this.#groups !== undefined) yield* this.#groups.values();
    else if (this.#only !== undefined) yield this.#only;
  }
}

/** Takes a link out of its member's list, which is short. */
function detach(link: Link): void {
  const member = link.member;
  if (member.firstLink === link) {
    member.firstLink = link.older;
  } else {
    for (let other = member.firstLink; other !== undefined; other = other.older) {
      if (other.older !== link) continue;
      other.older = link.older;
      break;
    }
  }
  link.older = undefined;
}

/**
 * The links of a value, oldest first; they may come and go between two of them. What stands there all the time is met once. The list is
 * not copied first: that alone would take too long for one with 100,000 links.
 */
function* linksOf<M extends Member>(group: Group<M>): Generator<Link<M>, void, undefined> {
  // who joins during the walk stands behind all others: the walk may end before
  let left = group.count;
  const passed: Link<M>[] = [];
  for (let link = group.first; link !== undefined && left > 0; left--) {
    passed.push(link);
    yield link;
    // one that has left does not know what came after it: the newest before it that is still there does
    let at = link;
    while (at.group !== group) {
      passed.pop();
      const before = passed.at(-1);
      if (before === undefined) break;
      at = before;
    }
    link = at.group === group ? at.next : group.first;
  }
}
