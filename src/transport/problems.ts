// What stops a socket from being opened, said so that an operator knows which setting to change.
import { socketName } from "./address.ts";
import type { Binding } from "./expand.ts";
import type { SocketSpec } from "./socket-spec.ts";

const HINT = "with --listen, DIALOOM_LISTEN, the `listen` option, or `socket` in the script";

/** One sentence for one socket that could not be bound. */
export function listenProblem(binding: Binding, error: unknown): string {
  const { spec, ip } = binding;
  const name = socketName(spec.transport, ip, spec.port);
  const written = spec.text === name ? "" : ` (from "${spec.text}")`;
  return `${name}${written}: ${reasonOf(codeOf(error), spec.port, error)}`;
}

/** What an entry asks for and does not get; it listens all the same (T-2, T-5). */
export function ignoredOptions(spec: SocketSpec): readonly string[] {
  const ignored: string[] = [];
  if (spec.workers > 0 && spec.transport !== "udp") ignored.push("use_workers is for udp sockets; it is ignored here");
  if (spec.isAnycast) ignored.push("anycast needs replicated transactions, which are not configured; the socket is an ordinary one");
  return ignored;
}

function reasonOf(code: string, port: number, error: unknown): string {
  switch (code) {
    case "EADDRINUSE":
      return `another process has this port; end it, or choose another port ${HINT}`;
    case "EACCES":
      return port < 1024
        ? `ports below 1024 need more rights; choose a higher one ${HINT}`
        : `the system forbids it; choose another address ${HINT}`;
    case "EADDRNOTAVAIL":
      return `this machine does not have this address; choose one it has, or * for all, ${HINT}`;
    case "EAFNOSUPPORT":
      return `this machine has no such address family; choose an address of another ${HINT}`;
    default:
      return `${error instanceof Error ? error.message : code}; choose another ${HINT}`;
  }
}

function codeOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") return error.code;
  return "failed";
}
