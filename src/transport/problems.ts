// What stops a socket from being opened, said so that an operator knows which setting to change.
import { socketName } from "./address.ts";
import type { Binding } from "./expand.ts";

const HINT = "set DIALOOM_LISTEN (npm start) or the `listen` option";

/** One sentence for one socket that could not be bound. */
export function listenProblem(binding: Binding, error: unknown): string {
  const { spec, ip } = binding;
  const name = socketName(spec.transport, ip, spec.port);
  const written = spec.text === name ? "" : ` (from "${spec.text}")`;
  return `${name}${written}: ${reasonOf(codeOf(error), spec.port, error)}`;
}

function reasonOf(code: string, port: number, error: unknown): string {
  switch (code) {
    case "EADDRINUSE":
      return `another process has this port; end it, or ${HINT} to another port`;
    case "EACCES":
      return port < 1024
        ? `ports below 1024 need more rights; use a higher port: ${HINT}`
        : `the system forbids it; ${HINT} to another address`;
    case "EADDRNOTAVAIL":
      return `this machine does not have this address; ${HINT} to one it has, or to * for all`;
    case "EAFNOSUPPORT":
      return `this machine has no such address family; ${HINT} to an address of another`;
    default:
      return `${error instanceof Error ? error.message : code}; ${HINT} to another address`;
  }
}

function codeOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") return error.code;
  return "failed";
}
