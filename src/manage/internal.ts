// Management commands from inside the process, for scripts: requests and replies as text.
import type { Commands } from "./commands.ts";
import type { Parameter, Peer } from "./definition.ts";

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
  const forms = (name: string): readonly (readonly Parameter[])[] | undefined => {
    const found = commands.find(name);
    return "run" in found ? found.forms : undefined;
  };
  const typeOf = ({ type }: Parameter): InternalParameter["type"] => (type === "json" ? "array" : type);
  return {
    execute: (request) => {
      const answer = commands.execute(request, PEER);
      if (answer instanceof Promise) return answer.then((pieces) => (pieces === undefined ? "" : [...pieces].join("")));
      return answer === undefined ? "" : [...answer].join("");
    },
    has: (name) => "run" in commands.find(name),
    forms: (name) => forms(name)?.map((form) => form.map((one) => ({ name: one.name, type: typeOf(one) }))),
    parameterType: (command, parameter) => {
      const found = forms(command)
        ?.flat()
        .find(({ name, alias }) => name === parameter || alias === parameter);
      return found === undefined ? undefined : typeOf(found);
    },
  };
}
