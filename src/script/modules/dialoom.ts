// dialoom: settings of our own, which no module of the reference has (`modparam("dialoom", "sl_error_rate", 50)`). It is always loaded.
import type { ModuleParameter, ScriptModule } from "../module.ts";

/** One setting of the engine as scripts may give it. */
export interface OwnSetting {
  /** As an option: `slErrorRate`. */
  readonly name: string;
  /** Reads what a modparam says. @returns the option's value, or what is wrong */
  read(value: string | number): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };
}

/** The module, for the settings that the server offers. */
export function dialoomModule(settings: readonly OwnSetting[]): ScriptModule {
  const options: Record<string, unknown> = {};
  const parameters = settings.map((setting): ModuleParameter => {
    return {
      name: snakeCase(setting.name),
      type: "any",
      set(value) {
        const read = setting.read(value);
        if (!read.ok) return read.fault;
        options[setting.name] = read.value;
        return undefined;
      },
    };
  });
  return { name: "dialoom", parameters, functions: [], variables: [], options: () => options };
}

/** `slErrorRate` is `sl_error_rate`. */
export function snakeCase(name: string): string {
  let out = "";
  for (const character of name) out += character >= "A" && character <= "Z" ? `_${character.toLowerCase()}` : character;
  return out;
}
