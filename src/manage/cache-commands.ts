// The key-value store of scripts, from outside (proxy-core 7.6). There is one backend, `local`.
import { asWritten, type KeyValues, shown } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, type Outcome, text } from "./definition.ts";
import { fail, invalidParams } from "./errors.ts";

/** Adds `cache_store cache_fetch cache_remove`. */
export function registerCacheCommands(commands: Commands, cache: KeyValues): void {
  const add = (name: string, help: string, forms: Parameters<Commands["register"]>[0]["forms"], run: (args: Arguments) => Outcome): void =>
    commands.register({
      name,
      modern: [`core:${name}`],
      module: "core",
      help,
      forms,
      // `local:collection` is the same store: there are no collections
      run: (args) => (args.text("system")?.split(":", 1)[0] === "local" ? run(args) : fail(404, "Cache system not found")),
    });
  const attribute = (args: Arguments): string => asWritten(args.text("attr") ?? "");

  add(
    "cache_store",
    "stores a value under a name, for some seconds or for ever",
    [
      [text("system"), text("attr"), text("value")],
      [text("system"), text("attr"), text("value"), integer("expire")],
    ],
    (args) => {
      const expireS = args.integer("expire") ?? 0;
      if (expireS < 0) return invalidParams("Negative expire value");
      cache.set(attribute(args), asWritten(args.text("value") ?? ""), expireS * 1000);
      return "OK";
    },
  );
  add("cache_fetch", "shows the value under a name", [[text("system"), text("attr")]], (args) => {
    const value = cache.get(attribute(args));
    return value === undefined ? fail(404, "Value not found") : { key: args.text("attr") ?? "", value: shown(value) };
  });
  add("cache_remove", "takes the value under a name away", [[text("system"), text("attr")]], (args) => {
    cache.remove(attribute(args));
    return "OK";
  });
}
