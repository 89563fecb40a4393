// All profiles of one engine, by name. `name`, `name/s` and `name/b` are three different profiles; where the backend of
// a suffix is not configured the profile counts locally and the plain name finds it too.
import { DialoomError, ErrorCodes } from "../kit/index.ts";
import { ProfileCheck } from "./check.ts";
import { parseProfileName } from "./definitions.ts";
import type { Link, Member } from "./link.ts";
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
  /** The same, in the order of definition. */
  #all: readonly Profile<M>[] = [];
  /** Plain names of profiles that wanted to be shared and could not. */
  readonly #fallbacks = new Map<string, Profile<M>>();
  #checks: readonly ProfileCheck<M>[] = [];

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
    this.#all = [...this.#all, profile];
    if (this.#checks.length > 0) this.#watch();
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
    return this.#all;
  }

  /**
   * Begins to look at both sides of the relation in small steps: give it every member there is, then let it step to its end.
   * @param isSeen - whether a member has been given, or would have been had it been there already: what it links and unlinks counts
   * @param say - takes one line for each thing that is wrong
   */
  startCheck(isSeen: (member: M) => boolean, say: (problem: string) => void): ProfileCheck<M> {
    const check = new ProfileCheck<M>(
      () => this.#all,
      isSeen,
      say,
      (over) => {
        this.#checks = this.#checks.filter((one) => one !== over);
        this.#watch();
      },
    );
    this.#checks = [...this.#checks, check];
    this.#watch();
    return check;
  }

  /**
   * The same in one go.
   * @param members - all members there are; a link that only one side knows is a problem
   * @returns one line for each thing that is wrong
   */
  check(members: Iterable<M>): readonly string[] {
    const problems: string[] = [];
    const check = this.startCheck(
      () => true,
      (problem) => problems.push(problem),
    );
    for (const member of members) check.see(member);
    while (check.step());
    return problems;
  }

  #watch(): void {
    const watch =
      this.#checks.length === 0
        ? undefined
        : (profile: Profile<M>, link: Link<M>, by: 1 | -1): void => {
            for (const check of this.#checks) check.changed(profile, link, by);
          };
    for (const profile of this.#all) profile.watch = watch;
  }
}
