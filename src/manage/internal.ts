// Management commands from inside the process, for scripts: requests and replies as text.
import type { Commands } from "./commands.ts";
import type { Peer } from "./definition.ts";

/** One parameter as scripts see it. */
export interface InternalParameter {
  readonly name: string;
  readonly type: "string" | "integer" | "array";
}

/** What `mi()` needs. */
export interface InternalCommands {
  /** Runs one JSON-RPC request. @returns the reply; a promise only when the command waits for something; "" when nothing is answered */
  execute(request: string): string | Promise<string>;
  has(name: string): boolean;
  forms(name: string): readonly (readonly InternalParameter[])[] | undefined;
  parameterType(command: string, parameter: string): InternalParameter["type"] | undefined;
}

const PEER: Peer = { transport: "internal", address: "script" };

/** @param commands - may get more of them later */
export function internalCommands(commands: Commands): InternalCommands {
  const forms = (name: string): readonly (readonly InternalParameter[])[] | undefined => {
    const found = commands.find(name);
    if (!("run" in found)) return undefined;
    return found.forms.map((form) => form.map((one) => ({ name: one.name, type: one.type === "json" ? "array" : one.type })));
  };
  return {
    execute: (request) => {
      const answer = commands.execute(request, PEER);
      if (answer instanceof Promise) return answer.then((pieces) => (pieces === undefined ? "" : [...pieces].join("")));
      return answer === undefined ? "" : [...answer].join("");
    },
    has: (name) => "run" in commands.find(name),
    forms,
    parameterType: (command, parameter) =>
      forms(command)
        ?.flat()
        .find(({ name }) => name === parameter)?.type,
  };
}
