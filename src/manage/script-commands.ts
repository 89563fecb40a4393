// Commands about the script that is running (proxy-core 7.6).
import type { Commands } from "./commands.ts";
import { integer } from "./definition.ts";
import { fail } from "./errors.ts";
import type { ScriptPort } from "./ports.ts";

const LOWEST_LEVEL = -3;
const HIGHEST_LEVEL = 4;

/** Adds `xlog_level reload_routes`. */
export function registerScriptCommands(commands: Commands, { xlogLevel, reload }: ScriptPort): void {
  commands.register({
    name: "xlog_level",
    modern: ["core:xlog_level"],
    module: "core",
    help: "shows or sets how much of what the script says is shown, from -3 to 4",
    forms: [[], [integer("level")]],
    run: (args) => {
      const level = args.integer("level");
      if (level === undefined) return { "xLog Level": xlogLevel.get() };
      xlogLevel.set(Math.min(Math.max(level, LOWEST_LEVEL), HIGHEST_LEVEL));
      return "OK";
    },
  });
  commands.register({
    name: "reload_routes",
    modern: ["core:reload_routes"],
    module: "core",
    help: "reads the script's file again and runs its routes from now on, unless it has mistakes",
    forms: [[]],
    run: async () => {
      const problems = await reload();
      return problems === undefined ? "OK" : fail(500, "Failed to reload the routes", problems);
    },
  });
}
