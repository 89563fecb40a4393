// The sockets of a message: where it came in and where it will go out from.
import { type Listener, parseSocket } from "../../transport/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { textOf, type Value } from "../values.ts";
import { fielded, orNull, plain, type Reader, type Writer } from "./define.ts";
import { familyName } from "./message.ts";
import { targetOf } from "./target.ts";
import { protocolNamed } from "./uris.ts";

/** `$socket_in`, `$socket_out`, and the names they had before: `$Ri $Rp $pr $proto $fs`. */
export function socketVariables(): readonly VariableDefinition[] {
  const protocol = (run: Run): Value => {
    const listener = socketIn(run);
    return listener === undefined ? null : protocolNamed(listener.transport);
  };
  const out = socketFields(socketOut);
  return [
    fielded("socket_in", socketFields(socketIn)),
    fielded("socket_out", out, writeSocket),
    plain("Ri", (run) => orNull(socketIn(run)?.ip)),
    plain("Rp", (run) => socketIn(run)?.port ?? null),
    plain("pr", protocol),
    plain("proto", protocol),
    plain("fs", (run) => orNull(socketOut(run)?.name), writeSocket),
  ];
}

function socketFields(socket: (run: Run) => Listener | undefined): Readonly<Record<string, Reader>> {
  return {
    "": (run) => orNull(socket(run)?.name),
    ip: (run) => orNull(socket(run)?.ip),
    port: (run) => socket(run)?.port ?? null,
    proto: (run) => orNull(socket(run)?.transport),
    advertised_ip: (run) => advertised(socket(run), (listener) => listener.advertisedHost),
    advertised_port: (run) => advertised(socket(run), (listener) => listener.advertisedPort),
    tag: (run) => orNull(socket(run)?.tag),
    // no two sockets of one address are opened for anycast here
    anycast: (run) => (socket(run) === undefined ? null : 0),
    af: (run) => orNull(familyName(orNull(socket(run)?.ip))),
  };
}

function advertised(listener: Listener | undefined, field: (listener: Listener) => Value): Value {
  if (listener === undefined) return null;
  return listener.advertisedHost === listener.ip && listener.advertisedPort === listener.port ? null : field(listener);
}

function socketIn(run: Run): Listener | undefined {
  return (run.source ?? (run.message.isRequest ? run.request?.source : undefined))?.listener;
}

// Before anybody chooses one it reads as the receiving one.
function socketOut(run: Run): Listener | undefined {
  return targetOf(run)?.forcedListener ?? socketIn(run);
}

const writeSocket: Writer = (run, value) => {
  const target = targetOf(run);
  if (target === undefined) return fail(run, "no socket to choose in a reply");
  if (value === null) {
    target.forcedListener = undefined;
    return true;
  }
  const text = textOf(value);
  const listener = text === undefined ? undefined : listenerNamed(run, text);
  if (listener === undefined) return fail(run, `no socket <${text ?? ""}> to send from`);
  target.forcedListener = listener;
  return true;
};

/** The listener that a text `proto:host:port` names; undefined when there is none such. */
export function listenerNamed(run: Run, text: string): Listener | undefined {
  const { transport } = run.services;
  const exact = transport.listeners.find((listener) => listener.name === text);
  if (exact !== undefined) return exact;
  const spec = parseSocket(text);
  return spec.ok ? transport.listenerFor(spec.value.host, spec.value.port, spec.value.transport) : undefined;
}

function fail(run: Run, text: string): false {
  run.error("core", "pv_set_force_sock", text);
  return false;
}
