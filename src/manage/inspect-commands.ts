// Looking into calls: what happened to one, and whether everything about all of them holds.
import type { CallStory } from "../dialog/index.ts";
import type { Clock, Slices } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { text } from "./definition.ts";
import { fail, invalidParams } from "./errors.ts";
import { storyJson, storyText } from "./explain.ts";
import { asWritten } from "./text.ts";

/** What knows the stories of calls. */
export interface DialogInspector {
  /** By cookie, Call-ID or id of tables; also calls that have gone. */
  explain(id: string): readonly CallStory[];
  /** Looks at all of them while calls go on: how many there were, and one line for each thing that is wrong. */
  checkInSlices(slices: Slices): Promise<{ readonly checked: number; readonly problems: readonly string[] }>;
}

/** Adds `dlg_explain` and `dlg_check`. */
export function registerInspectCommands(commands: Commands, dialogs: DialogInspector, clock: Clock, slices: Slices): void {
  commands.register({
    name: "dlg_explain",
    modern: ["dialog:explain"],
    module: "dialog",
    help: "tells what happened to a call, live or gone: messages, changes, timers, decisions, each with its time; format is json or text",
    forms: [[text("dialog_id")], [text("dialog_id"), text("format")]],
    run: (args) => {
      const format = args.text("format") ?? "json";
      if (format !== "json" && format !== "text") return invalidParams("Bad type for parameter 'format'");
      const stories = dialogs.explain(asWritten(args.text("dialog_id") ?? ""));
      if (stories.length === 0) return fail(404, "No such dialog");
      if (format === "json") return { Calls: stories.map(storyJson) };
      return stories.map((story) => storyText(story, clock.now())).join("\n\n");
    },
  });

  commands.register({
    name: "dlg_check",
    modern: ["dialog:check"],
    module: "dialog",
    help: "verifies that calls, profiles, variables and counters agree",
    forms: [[]],
    run: async () => {
      const { checked, problems } = await dialogs.checkInSlices(slices);
      return { Checked: checked, OK: problems.length === 0, Problems: problems };
    },
  });
}
