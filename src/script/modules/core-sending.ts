// Sending without a transaction, sockets, and whose an address is (script-language 8.2).
import { bracketed, parseUri } from "../../sip/index.ts";
import type { ResolvedTarget } from "../../transport/index.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must, type Outcome } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, textOf } from "../values.ts";
import { listenerNamed } from "../variables/sockets.ts";
import { targetOf } from "../variables/target.ts";
import { settled } from "./relaying.ts";
import { destinationUri } from "./tm-relay.ts";

/** `forward`, `send`, `force_*`, `is_myself` and what this proxy does by itself. */
export function sendingFunctions(): readonly FunctionDefinition[] {
  return [
    { name: "forward", parameters: [may("destination", "text")], routes: Routes.all, bind: bindForward },
    { name: "send", parameters: [must("destination", "text"), may("headers", "text")], routes: Routes.all, bind: bindSend },
    {
      name: "force_rport",
      parameters: [],
      routes: Routes.all,
      bind: () => (run) => {
        if (run.request !== undefined) run.request.forceRport = true;
        return 1;
      },
    },
    // our Via asks for it anyway, and connections are found again by their address
    { name: "add_local_rport", parameters: [], routes: Routes.all, bind: () => () => 1 },
    { name: "force_tcp_alias", parameters: [may("port", "int")], routes: Routes.all, bind: () => () => 1 },
    { name: "force_send_socket", parameters: [must("socket", "text")], routes: Routes.all, bind: bindForceSocket },
    { name: "set_advertised_address", parameters: [must("address", "text")], routes: Routes.all, bind: bindAdvertisedAddress },
    { name: "set_advertised_port", parameters: [must("port", "value")], routes: Routes.all, bind: bindAdvertisedPort },
    {
      name: "is_myself",
      parameters: [must("host", "text"), may("port", "int")],
      routes: Routes.all,
      resultMatters: true,
      bind: bindIsMyself,
    },
    // addresses that failed are not remembered here, so that none has to be let through
    { name: "use_blacklist", parameters: [must("name", "text")], routes: Routes.all, bind: () => () => 1 },
    { name: "unuse_blacklist", parameters: [must("name", "text")], routes: Routes.all, bind: () => () => 1 },
  ];
}

function bindForward(call: BoundCall): Action {
  const destination = call.has(0) ? call.text(0) : undefined;
  return (run) => {
    const { request, services } = run;
    if (request === undefined) return -1;
    if (destination !== undefined) {
      const text = destination(run);
      const uri = text === undefined ? undefined : destinationUri(text);
      if (uri === undefined) return -1;
      request.dstUri = uri;
      request.dstFlow = 0;
    }
    const code = services.proxy.forward(request);
    if (code !== undefined) return code > 0 ? 1 : settled(run.scope, request, code);
    return new Promise((resolve) => {
      request.onSettled = (late) => resolve(late > 0 ? 1 : settled(run.scope, request, late));
    });
  };
}

/** The message as it came, nothing added but what the script says: a copy for somebody who watches. */
function bindSend(call: BoundCall): Action {
  const destination = call.text(0);
  const lines = call.has(1) ? call.headerText(1) : undefined;
  return (run) => {
    const text = destination(run);
    const uri = text === undefined ? undefined : parseUri(destinationUri(text) ?? "");
    const headers = lines?.(run);
    if (uri === undefined || !uri.ok || !uri.value.isSip || (lines !== undefined && headers === undefined)) {
      run.error("core", "send", `bad destination <${text ?? ""}>`);
      return -1;
    }
    const { message } = run;
    const { head } = message;
    const body = message.text.slice(0, message.bodyEnd);
    const out = headers === undefined ? body : body.slice(0, head.firstAt) + headers + body.slice(head.firstAt);
    return resolved(run, uri.value, (target) => sendTo(run, out, target));
  };
}

function resolved(
  run: Run,
  uri: Parameters<Run["services"]["resolver"]["resolve"]>[0]["uri"],
  then: (target: ResolvedTarget | undefined) => number,
): Outcome {
  let resume: ((outcome: number) => void) | undefined;
  const known = run.services.resolver.resolve({ uri }, (targets) => resume?.(then(targets[0])));
  if (known !== undefined) return then(known[0]);
  return new Promise((resolve) => {
    resume = resolve;
  });
}

function sendTo(run: Run, text: string, target: ResolvedTarget | undefined): number {
  const { transport } = run.services;
  if (target === undefined) return -1;
  const listener = transport.pickListener(target.transport, target.ip, run.source?.listener, targetOf(run)?.forcedListener);
  if (listener === undefined) return -1;
  const result = transport.send(text, { ...target, listener, flow: 0 });
  return result === "sent" || result === "queued" ? 1 : -1;
}

function bindForceSocket(call: BoundCall): Action {
  const socket = call.text(0);
  return (run) => {
    const text = socket(run);
    const target = targetOf(run);
    const listener = text === undefined ? undefined : listenerNamed(run, text);
    if (target === undefined || listener === undefined) {
      run.error("core", "force_send_socket", `no socket <${text ?? ""}> to send from`);
      return -1;
    }
    target.forcedListener = listener;
    return 1;
  };
}

/** What our Via and Record-Route show in the copies of this request. */
function bindAdvertisedAddress(call: BoundCall): Action {
  const address = call.text(0);
  return (run) => {
    const host = address(run);
    const uri = host === undefined || host === "" ? undefined : parseUri(`sip:${bracketed(host)}`);
    const isHost =
      uri?.ok === true && uri.value.user === undefined && uri.value.port === 0 && uri.value.paramText === "" && uri.value.headers === "";
    if (host === undefined || run.request === undefined || !isHost) return -1;
    run.request.advertisedHost = host;
    return 1;
  };
}

function bindAdvertisedPort(call: BoundCall): Action {
  const argument = call.value(0);
  return (run) => {
    const value = argument(run);
    const port = intOf(value) ?? Number(textOf(value) ?? Number.NaN);
    if (run.request === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) return -1;
    run.request.advertisedPort = port;
    return 1;
  };
}

function bindIsMyself(call: BoundCall): Action {
  const host = call.text(0);
  const port = call.has(1) ? call.int(1) : undefined;
  return (run) => {
    const name = host(run);
    const number = port === undefined ? undefined : port(run);
    if (name === undefined || (port !== undefined && number === undefined)) return -1;
    return isMyself(run, name, number) ? 1 : -1;
  };
}

/** With a port the socket must be that one; without, any port of the host will do. */
function isMyself({ services: { transport } }: Run, host: string, port: number | undefined): boolean {
  if (port !== undefined && port !== 0) return transport.isMyself(host, port);
  if (transport.isMyself(host, 0)) return true;
  return transport.listeners.some(
    (listener) => transport.isMyself(host, listener.port) || transport.isMyself(host, listener.advertisedPort),
  );
}
