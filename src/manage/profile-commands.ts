// Counting, listing and ending calls by profile (dialog-behaviour 10.2, 11.2).
import type { Dialog } from "../dialog/index.ts";
import type { SlicedJob, Slices } from "../kit/index.ts";
import type { Profile, Profiles, ValueCount } from "../profile/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, type Outcome, text } from "./definition.ts";
import { MI_TERMINATION, written } from "./dialog-commands.ts";
import { fail } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { Listing } from "./listing.ts";
import { asWritten, shown } from "./text.ts";

const BY_PROFILE = [[text("profile")], [text("profile"), text("value")]];

/** Adds `profile_get_size profile_list_dlgs profile_get_values profile_end_dlgs list_all_profiles`. */
export function registerProfileCommands(commands: Commands, profiles: Profiles<Dialog>, slices: Slices): void {
  const add = (
    name: string,
    help: string,
    forms: Parameters<Commands["register"]>[0]["forms"],
    run: (profile: Profile<Dialog>, value: string | undefined) => Outcome | Promise<Outcome>,
  ): void =>
    commands.register({
      name,
      modern: [`dialog:${name}`],
      module: "dialog",
      help,
      forms,
      run: (args: Arguments) => {
        const profile = profiles.get(args.text("profile") ?? "");
        return profile === undefined ? fail(404, "Profile not found") : run(profile, args.text("value"));
      },
    });

  add("profile_get_size", "counts the calls in a profile", BY_PROFILE, (profile, value) => ({
    Profile: {
      name: profile.name,
      value: value ?? null,
      count: profile.size(held(profile, value)),
      shared: profile.sharing === "s" ? "yes" : "no",
      replicated: profile.sharing === "b" ? "yes" : "no",
    },
  }));

  add(
    "profile_list_dlgs",
    "lists the calls in a profile",
    BY_PROFILE,
    (profile, value) => new Listing("Dialogs", written(profile.walk(held(profile, value)), false)),
  );

  add("profile_get_values", "lists the values of a profile and how many calls hold each", [[text("profile")]], (profile) => {
    if (profile.sharing === "s") return fail(405, "Unsupported command for shared profiles");
    return new Listing(undefined, valueJson(profile.walkValues(), profile.hasValue));
  });

  add("profile_end_dlgs", "ends all calls in a profile", BY_PROFILE, (profile, value) => {
    let hasEnded = (): void => {};
    const job = new EndJob(profile.members(held(profile, value)), () => hasEnded());
    slices.add(job);
    if (job.isDone) return "OK";
    return new Promise((resolve) => {
      hasEnded = () => resolve("OK");
    });
  });

  commands.register({
    name: "list_all_profiles",
    modern: ["dialog:list_all_profiles"],
    module: "dialog",
    help: "lists the profiles",
    forms: [[]],
    run: () => ({ Profiles: profiles.list().map(({ name, hasValue }) => ({ name, "has value": hasValue })) }),
  });
}

/** Ends many calls, a few at a time. Those that cannot be ended do not stop the others. */
class EndJob implements SlicedJob {
  readonly #dialogs: readonly Dialog[];
  readonly #done: () => void;
  #next = 0;
  isDone = false;

  constructor(dialogs: readonly Dialog[], done: () => void) {
    this.#dialogs = dialogs;
    this.#done = done;
  }

  step(): boolean {
    const dialog = this.#dialogs[this.#next++];
    if (dialog !== undefined) {
      if (!dialog.isEnded) dialog.end(MI_TERMINATION);
      return true;
    }
    this.isDone = true;
    this.#done();
    return false;
  }
}

/** Values come from SIP messages as bytes, or from a program as characters: whichever is held is meant. */
function held(profile: Profile<Dialog>, value: string | undefined): string | undefined {
  if (value === undefined || !profile.hasValue) return undefined;
  return profile.size(value) > 0 ? value : asWritten(value);
}

function* valueJson(values: Iterable<ValueCount>, hasValue: boolean): Generator<JsonObject, void, undefined> {
  for (const { value, count } of values) yield { value: hasValue ? shown(value) : null, count };
}
