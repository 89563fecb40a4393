// One membership: a member holds a value of a profile. Links hang in two lists at once, the value's and the member's,
// so that both sides of the relation are walked without a search and a link leaves both in constant time.
import type { Sharing } from "./profile.ts";

/** What can be counted. The room knows nothing else about it: the newest of its links is all it has to keep. */
export interface Member {
  /** Its newest link; older ones follow by `Link.older`. Written by the profile room alone. */
  firstLink: Link | undefined;
}

/** What a link says about where it stands. */
export interface LinkedProfile {
  readonly name: string;
  /** With its sharing suffix. */
  readonly fullName: string;
  readonly hasValue: boolean;
  readonly sharing: Sharing;
  unlink(link: Link): boolean;
}

/** A (member, profile, value) triple. The same triple may exist several times; each is a link of its own. */
export class Link<M extends Member = Member> {
  readonly profile: LinkedProfile;
  readonly member: M;
  /** The sharing tag the link is counted under; remembered so that taking it away later counts at the same place. */
  readonly tag: string | undefined;
  /** The member's next older link. */
  older: Link | undefined = undefined;
  /** @internal the value it stands under; undefined once unlinked */ group: Group<M> | undefined;
  /** @internal */ previous: Link<M> | undefined = undefined;
  /** @internal */ next: Link<M> | undefined = undefined;

  constructor(profile: LinkedProfile, member: M, group: Group<M>, tag: string | undefined) {
    this.profile = profile;
    this.member = member;
    this.group = group;
    this.tag = tag;
  }

  /** Whether it still counts. */
  get isLinked(): boolean {
    return this.group !== undefined;
  }

  /** The value held, "" in a profile without values or after the link has gone. */
  get value(): string {
    return this.group === undefined ? "" : this.group.value;
  }
}

/** The links of one value of one profile, oldest first. */
export class Group<M extends Member = Member> {
  readonly value: string;
  /** The number of links in the list: kept by `add` and `remove` and by nobody else. */
  count = 0;
  first: Link<M> | undefined = undefined;
  last: Link<M> | undefined = undefined;

  constructor(value: string) {
    this.value = value;
  }

  add(link: Link<M>): void {
    link.previous = this.last;
    if (this.last === undefined) this.first = link;
    else this.last.next = link;
    this.last = link;
    this.count++;
  }

  remove(link: Link<M>): void {
    if (link.previous === undefined) this.first = link.next;
    else link.previous.next = link.next;
    if (link.next === undefined) this.last = link.previous;
    else link.next.previous = link.previous;
    link.previous = undefined;
    link.next = undefined;
    link.group = undefined;
    this.count--;
  }
}
