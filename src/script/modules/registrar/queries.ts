// Questions about registrations, and taking them away.
import { type BindingFilter, bindingsOf, isIpRegistered, removeBindings } from "../../../location/index.ts";
import { H, isCleanHeaderText, parseNameAddr } from "../../../sip/index.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { printed } from "../../values.ts";
import { tableOf } from "./arguments.ts";

const MODULE = "registrar";

/** `is_registered` and its kin, `remove`, `add_sock_hdr`. */
export function queryFunctions(): readonly FunctionDefinition[] {
  return [isRegistered, isContactRegistered, isIpRegisteredFunction, remove, addSocketHeader];
}

const isRegistered: FunctionDefinition = {
  name: "is_registered",
  parameters: [must("domain", "static"), may("aor", "text")],
  routes: routeSet("RFOBL"),
  resultMatters: true,
  bind(call) {
    const table = tableOf(call, 0);
    const aor = aorOf(call, 1);
    return (run) => count(run, table, aor(run), {});
  },
};

const isContactRegistered: FunctionDefinition = {
  name: "is_contact_registered",
  parameters: [must("domain", "static"), may("aor", "text"), may("contact", "text"), may("callid", "text")],
  routes: routeSet("RFOBL"),
  resultMatters: true,
  bind(call) {
    const table = tableOf(call, 0);
    const aor = aorOf(call, 1);
    const contact = call.has(2) ? call.text(2) : contactOf;
    const callId = call.has(3) ? call.text(3) : undefined;
    return (run) => count(run, table, aor(run), { contact: contact(run), callId: callId?.(run) });
  },
};

const isIpRegisteredFunction: FunctionDefinition = {
  name: "is_ip_registered",
  parameters: [must("domain", "static"), may("aor", "text"), must("ip", "variable")],
  routes: routeSet("RFOBL"),
  resultMatters: true,
  bind(call) {
    const table = tableOf(call, 0);
    const aor = aorOf(call, 1);
    const variable = call.variable(2);
    return (run) => {
      const address = aor(run);
      if (address === undefined) return -1;
      const ips = variable.all?.(run) ?? [variable.read(run)];
      return ips.some((ip) => ip !== null && isIpRegistered(registrarOf(run), table, address, printed(ip))) ? 1 : -1;
    };
  },
};

const remove: FunctionDefinition = {
  name: "remove",
  parameters: [must("domain", "static"), must("aor", "text"), may("contact", "text"), may("next_hop", "text"), may("sip_instance", "text")],
  routes: routeSet("RO"),
  bind(call) {
    const table = tableOf(call, 0);
    const aor = call.text(1);
    const [contact, nextHop, instance] = [2, 3, 4].map((i) => (call.has(i) ? call.text(i) : undefined));
    return (run) => {
      const address = aor(run);
      if (address === undefined) return -1;
      const removed = removeBindings(registrarOf(run), table, address, {
        contact: contact?.(run),
        nextHop: nextHop?.(run),
        instance: instance?.(run),
      });
      return removed < 0 ? -2 : removed > 0 ? 1 : -1;
    };
  },
};

const addSocketHeader: FunctionDefinition = {
  name: "add_sock_hdr",
  parameters: [must("name", "text")],
  routes: routeSet("RO"),
  bind(call) {
    const name = call.text(0);
    return (run) => {
      const header = name(run);
      const { edit, source } = run;
      if (header === undefined || header === "" || edit === undefined || source === undefined) return -1;
      if (!isCleanHeaderText(header) || header.includes(":")) {
        run.error(MODULE, "add_sock_hdr", `<${header}> is no header name`);
        return -2;
      }
      edit.append(header, source.listener.name);
      return 1;
    };
  },
};

/** The address of an argument; without one that of To for a REGISTER, of From for everything else. */
function aorOf(call: BoundCall, i: number): (run: Run) => string | undefined {
  if (call.has(i)) return call.text(i);
  return (run) => {
    const request = run.request?.request;
    return request === undefined ? undefined : request.method === "REGISTER" ? request.to.uri : request.from.uri;
  };
}

/** The first Contact of the request. */
function contactOf(run: Run): string | undefined {
  const [value] = run.request?.request.values(H.Contact) ?? [];
  const address = value === undefined ? undefined : parseNameAddr(value);
  return address?.ok === true ? address.value.uri : undefined;
}

function count(run: Run, table: string, aor: string | undefined, filter: BindingFilter): number {
  if (aor === undefined) return -1;
  return (bindingsOf(registrarOf(run), table, aor, filter)?.length ?? 0) > 0 ? 1 : -1;
}

function registrarOf(run: Run): Parameters<typeof bindingsOf>[0] {
  return run.services.app.location.registrar;
}
