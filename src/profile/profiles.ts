// All profiles of one engine, by name. `name`, `name/s` and `name/b` are three different profiles; where the backend of
// a suffix is not configured the profile counts locally and the plain name finds it too.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { parseProfileName } from "./definitions.ts";
import type { Member } from "./link.ts";
import { Profile, type Sharing } from "./profile.ts";

/** How a profile is defined. */
export interface ProfileOptions {
  readonly withValue: boolean;
  /** Default `local`, or what the suffix of the name says. */
  readonly sharing?: Sharing;
}

/** Which shared backends there are. */
export interface ProfileBackends {
  readonly s: boolean;
  readonly b: boolean;
}

const NO_BACKENDS: ProfileBackends = Object.freeze({ s: false, b: false });

/** The profiles and their names. */
export class Profiles<M extends Member> {
  readonly #backends: ProfileBackends;
  readonly #byName = new Map<string, Profile<M>>();
  /** Plain names of profiles that wanted to be shared and could not. */
  readonly #fallbacks = new Map<string, Profile<M>>();

  constructor(backends: ProfileBackends = NO_BACKENDS) {
    this.#backends = backends;
  }

  /**
   * Defines a profile.
   * @param text - `name`, `name/s` or `name/b`
   * @throws DialoomError `DIALOOM_BAD_ARGUMENT` for a bad name or one that is taken
   */
  define(text: string, options: ProfileOptions): Profile<M> {
    const parsed = parseProfileName(text);
    if (!parsed.ok) throw new DialoomError(ErrorCodes.BadArgument, parsed.fault);
    const declared = options.sharing ?? parsed.value.sharing;
    const sharing = declared !== "local" && this.#backends[declared] ? declared : "local";
    const profile = new Profile<M>(parsed.value.name, options.withValue, declared, sharing);
    if (this.#byName.has(profile.fullName)) {
      throw new DialoomError(ErrorCodes.BadArgument, `the profile "${profile.fullName}" is defined twice`);
    }
    this.#byName.set(profile.fullName, profile);
    if (declared !== sharing && !this.#fallbacks.has(profile.name)) this.#fallbacks.set(profile.name, profile);
    return profile;
  }

  /**
   * Finds a profile by the name a script or a command gives, suffix included.
   * @returns undefined when there is none, or the text is no name
   */
  get(text: string): Profile<M> | undefined {
    const exact = this.#byName.get(text);
    if (exact !== undefined) return exact;
    const parsed = parseProfileName(text);
    if (!parsed.ok) return undefined;
    const { name, sharing } = parsed.value;
    const known = this.#byName.get(sharing === "local" ? name : `${name}/${sharing}`);
    return known ?? (sharing === "local" ? this.#fallbacks.get(name) : undefined);
  }

  /** The profile of this name, defined on the fly when a stored or replicated call brings one that is not known here. */
  obtain(text: string, withValue: boolean): Profile<M> | undefined {
    const known = this.get(text);
    if (known !== undefined || !parseProfileName(text).ok) return known;
    return this.define(text, { withValue });
  }

  /** Every profile in the order of definition. */
  list(): readonly Profile<M>[] {
    return [...this.#byName.values()];
  }

  /**
   * Walks both sides of the relation: every link of every profile, and every link of every member given.
   * @param members - all members there are; a link that only one side knows is a problem
   * @returns one line for each thing that is wrong
   */
  check(members: Iterable<M>): readonly string[] {
    const problems: string[] = [];
    let total = 0;
    for (const profile of this.list()) {
      problems.push(...profile.check());
      total += profile.size();
    }
    let held = 0;
    for (const member of members) {
      for (let link = member.firstLink; link !== undefined; link = link.older) {
        held++;
        if (link.member !== member) problems.push(`a member holds a link of profile ${link.profile.fullName} that belongs to another`);
        if (!link.isLinked) problems.push(`a member holds a link of profile ${link.profile.fullName} that is not counted`);
        if (this.#byName.get(link.profile.fullName) !== link.profile) {
          problems.push(`a member is in a profile ${link.profile.fullName} that is not defined`);
        }
      }
    }
    if (held !== total) problems.push(`members hold ${held} links, profiles count ${total}`);
    return problems;
  }
}
