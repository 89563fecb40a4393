// The checker of memberships, in small steps: members, links and counts must tell the same. Members come and go between the steps, so what
// has been looked at is kept up to date until the end.
import { ShardedMap } from "../kit/index.ts";
import type { Group, Link, Member } from "./link.ts";
import type { Profile } from "./profile.ts";

const GROUPS_PER_STEP = 32;

/** How often members hold a value. */
interface Tally {
  count: number;
  /** What the first of these links hangs in. */
  readonly group: Group;
  isCompared: boolean;
}

/** What members hold of one profile. */
interface Held {
  total: number;
  /** By value; values that nobody holds any more may stay. */
  readonly byValue: ShardedMap<string, Tally>;
  hasProblem: boolean;
}

/** One walk over all members, then over all values. Made by `Profiles.startCheck`. */
export class ProfileCheck<M extends Member> {
  readonly #profiles: () => readonly Profile<M>[];
  readonly #isSeen: (member: M) => boolean;
  readonly #say: (problem: string) => void;
  readonly #end: (check: ProfileCheck<M>) => void;
  readonly #held = new Map<Profile<M>, Held>();
  #work: Generator<undefined, void, undefined> | undefined = undefined;

  /**
   * @param isSeen - whether a member has been given to `see`, or would have been had it been there already
   * @param say - takes one line for each thing that is wrong
   * @param end - called when it is over
   */
  constructor(
    profiles: () => readonly Profile<M>[],
    isSeen: (member: M) => boolean,
    say: (problem: string) => void,
    end: (check: ProfileCheck<M>) => void,
  ) {
    this.#profiles = profiles;
    this.#isSeen = isSeen;
    this.#say = say;
    this.#end = end;
  }

  /** Looks at one member: every link of it, and where that hangs in its profile. Each member once. */
  see(member: M): void {
    for (let link = member.firstLink; link !== undefined; link = link.older) {
      const name = link.profile.fullName;
      if (link.member !== member) this.#say(`a member holds a link of profile ${name} that belongs to another`);
      const profile = this.#profiles().find((one) => one === link?.profile);
      if (profile === undefined) {
        this.#say(`a member is in a profile ${name} that is not defined`);
        continue;
      }
      const { group } = link;
      if (group === undefined) {
        this.#say(`a member holds a link of profile ${name} that is not counted`);
        continue;
      }
      if (!hangsWell(link, group)) this.#say(`profile ${name}: the list under "${group.value}" is torn`);
      this.#count(profile, group, 1);
    }
  }

  /** @internal a link has come, or is about to go */
  changed(profile: Profile<M>, link: Link<M>, by: 1 | -1): void {
    if (link.group !== undefined && this.#isSeen(link.member)) this.#count(profile, link.group, by);
  }

  /**
   * Once all members were seen: compares some counts.
   * @returns whether more is left
   */
  step(): boolean {
    this.#work ??= this.#compareAll();
    for (let i = 0; i < GROUPS_PER_STEP; i++) {
      if (this.#work.next().done !== true) continue;
      this.#compareTotals();
      this.stop();
      return false;
    }
    return true;
  }

  /** It is over, also when it was not finished. */
  stop(): void {
    this.#end(this);
  }

  /** One value after the other: those that profiles know, then those that members alone hold. */
  *#compareAll(): Generator<undefined, void, undefined> {
    for (const profile of this.#profiles()) {
      for (const [value, group] of profile.groups()) yield this.#compare(profile, value, group);
    }
    for (const [profile, held] of this.#held) {
      for (const [value, tally] of held.byValue.entries()) {
        if (!tally.isCompared && tally.count > 0 && profile.groupOf(value) === undefined)
          this.#problem(profile, `value "${value}" is not found by its name`);
        yield;
      }
    }
  }

  #compare(profile: Profile<M>, value: string, group: Group<M>): undefined {
    const tally = this.#heldOf(profile).byValue.get(value);
    const count = tally?.count ?? 0;
    if (tally !== undefined) tally.isCompared = true;
    if (group.count === 0 && profile.hasValue) this.#problem(profile, `value "${value}" is kept without a link`);
    if (group.count !== count) this.#problem(profile, `"${value}" says ${group.count}, members hold ${count}`);
    if ((group.first === undefined) !== (group.count === 0)) this.#problem(profile, `the list under "${value}" has a wrong beginning`);
    if (group.last?.next !== undefined || (group.last === undefined) !== (group.first === undefined)) {
      this.#problem(profile, `the list under "${value}" has a wrong end`);
    }
    if (group.value !== value) this.#problem(profile, `value "${value}" is found under another name`);
  }

  #problem(profile: Profile<M>, what: string): void {
    this.#heldOf(profile).hasProblem = true;
    this.#say(`profile ${profile.fullName}: ${what}`);
  }

  #compareTotals(): void {
    for (const profile of this.#profiles()) {
      const held = this.#heldOf(profile);
      if (held.hasProblem || profile.size() === held.total) continue;
      this.#say(`profile ${profile.fullName}: size says ${profile.size()}, members hold ${held.total}`);
    }
  }

  #count(profile: Profile<M>, group: Group, by: 1 | -1): void {
    const held = this.#heldOf(profile);
    held.total += by;
    const tally = held.byValue.get(group.value);
    if (tally === undefined) held.byValue.set(group.value, { count: by, group, isCompared: false });
    else {
      // a value that was given up and taken again stands in a new group
      if (tally.group !== group && tally.group.count > 0 && group.count > 0) this.#problem(profile, `value "${group.value}" is kept twice`);
      tally.count += by;
    }
  }

  #heldOf(profile: Profile<M>): Held {
    let held = this.#held.get(profile);
    if (held === undefined) {
      held = { total: 0, byValue: new ShardedMap<string, Tally>(), hasProblem: false };
      this.#held.set(profile, held);
    }
    return held;
  }
}

/** Neighbours know each other, and each of them is known to its member: so no list has links that nobody holds. */
function hangsWell(link: Link, group: Group): boolean {
  const { previous, next } = link;
  if (previous === undefined ? group.first !== link : previous.next !== link || !isHeld(previous, group)) return false;
  return next === undefined ? group.last === link : next.previous === link && isHeld(next, group);
}

function isHeld(wanted: Link, group: Group): boolean {
  if (wanted.group !== group) return false;
  for (let link = wanted.member.firstLink; link !== undefined; link = link.older) if (link === wanted) return true;
  return false;
}
