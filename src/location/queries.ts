// Questions about registrations, and taking them away by their parts (side-modules 3.5, the second half).
import { hostEquals, parseUri, uriEquals } from "../sip/index.ts";
import { aorOfText } from "./aor.ts";
import type { Binding } from "./binding.ts";
import type { Registrar } from "./registrar.ts";

/** Which bindings are meant; what is left out fits all. */
export interface BindingFilter {
  readonly contact?: string | undefined;
  readonly callId?: string | undefined;
  /** Host of the next hop, with or without a port. */
  readonly nextHop?: string | undefined;
  readonly instance?: string | undefined;
}

const NO_FILTER: BindingFilter = Object.freeze({});

/** Valid bindings of an address (a URI) that fit; undefined when the URI is no address of record. */
export function bindingsOf(
  registrar: Registrar,
  table: string,
  aor: string,
  filter: BindingFilter = NO_FILTER,
): readonly Binding[] | undefined {
  const key = aorOfText(aor, registrar.settings);
  if (!key.ok) return undefined;
  const { now } = registrar;
  const record = registrar.find(table)?.get(key.value);
  if (record === undefined) return [];
  return record.bindings.filter((binding) => binding.isValid(now) && fits(binding, filter));
}

/** Whether one of the bindings of an address was made from, or points to, this IP address. */
export function isIpRegistered(registrar: Registrar, table: string, aor: string, ip: string): boolean {
  const bindings = bindingsOf(registrar, table, aor) ?? [];
  return bindings.some((binding) => {
    const received = binding.parts.received === "" ? undefined : parseUri(binding.parts.received);
    const uri = received?.ok === true ? received.value : binding.parsedUri;
    return uri !== undefined && hostEquals(uri.host, ip);
  });
}

/**
 * Takes bindings away.
 * @returns how many went; −1 when the URI is no address of record
 */
export function removeBindings(registrar: Registrar, table: string, aor: string, filter: BindingFilter = NO_FILTER): number {
  const found = bindingsOf(registrar, table, aor, filter);
  if (found === undefined) return -1;
  const store = registrar.table(table);
  for (const binding of found) store.remove(binding);
  return found.length;
}

function fits(binding: Binding, { contact, callId, nextHop, instance }: BindingFilter): boolean {
  const { parts } = binding;
  if (callId !== undefined && parts.callId !== callId) return false;
  if (instance !== undefined && parts.instance !== instance && parts.instance !== `<${instance}>`) return false;
  if (contact !== undefined && !isContact(binding, contact)) return false;
  return nextHop === undefined || isNextHop(binding, nextHop);
}

function isContact(binding: Binding, contact: string): boolean {
  if (binding.parts.uri === contact) return true;
  const wanted = parseUri(contact);
  const uri = binding.parsedUri;
  return wanted.ok && uri !== undefined && uriEquals(uri, wanted.value);
}

function isNextHop(binding: Binding, nextHop: string): boolean {
  const wanted = parseUri(nextHop.startsWith("sip") ? nextHop : `sip:${nextHop}`);
  const uri = parseUri(binding.nextHop ?? binding.parts.uri);
  if (!wanted.ok || !uri.ok || !hostEquals(wanted.value.host, uri.value.host)) return false;
  return wanted.value.port === 0 || wanted.value.port === uri.value.port;
}
