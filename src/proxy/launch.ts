// Writing and sending a copy of a request (RFC 3261 section 16.6 steps 2 to 10; M-5, T-15 to T-17).

import { type Edit, H, isCleanHeaderText, viaText } from "../sip/index.ts";
import type { ServerTransaction } from "../transaction/index.ts";
import type { Destination, Listener, ResolvedTarget, TransportName } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxyCore } from "./core.ts";
import type { Branch } from "./fork-branch.ts";
import { loopHash } from "./loop.ts";
import type { RecordRoute } from "./record-route.ts";
import { BAD_URI, FILTERED, type Refusal, SEND_FAILED } from "./refusal.ts";
import { hasOwnName, shownSocket } from "./shown.ts";

const VIA_TRANSPORT: Readonly<Record<TransportName, string>> = { udp: "UDP", tcp: "TCP", tls: "TLS", ws: "WS", wss: "WSS" };

/** The loop hash of a request as it came, computed once (TM-49). */
export function loopHashOf(core: ProxyCore, context: RequestContext): number {
  if (context.loopHash < 0) context.loopHash = loopHash(core.deps.hash, context.request, context.source.ip);
  return context.loopHash;
}

/**
 * What goes into our Via for the loop check. A request inside a dialog does not fork and rarely comes back: it is only marked
 * (0) the first time, and hashed when it does come back. So a loop of it is still found on its second revolution (TM-49).
 */
export function loopMarkOf(core: ProxyCore, context: RequestContext): number {
  return context.hasToTag && !context.wasHere ? 0 : loopHashOf(core, context);
}

/**
 * Writes what is the same for every copy into its edit, and serialises it.
 * @param edit - the copy's own
 * @param branch - branch parameter of our Via
 */
export function writeCopy(
  core: ProxyCore,
  context: RequestContext,
  edit: Edit,
  branch: string,
  listener: Listener,
  record: RecordRoute | undefined,
): string {
  const { request, source } = context;
  edit.stampReceived(source.ip, source.port, context.forceRport);
  const isDatagram = !listener.isReliable;
  const params = isDatagram && core.settings.addLocalRport ? ";rport" : "";
  // every part of these was checked when it came in: tags and users by the parser, parameters by `RecordRoute`
  const shown = shownSocket(context, listener);
  edit.prependChecked(H.Via, viaText(VIA_TRANSPORT[listener.transport], shown.sentBy, branch, params));
  if (record?.isRequested === true) {
    const inbound = shownSocket(context, source.listener);
    const values = record.values(request, request.uri.user, source.listener, listener, core.settings, inbound, shown);
    // the upper one names the side where the request leaves (RR-4)
    if (values.lower !== undefined) edit.prependChecked(H.RecordRoute, values.lower);
    edit.prependChecked(H.RecordRoute, values.upper);
  }
  return isDatagram ? edit.serialise() : edit.serialise(WITH_LENGTH);
}

const WITH_LENGTH = Object.freeze({ contentLength: true });

/** Puts a branch's own target into its edit. */
export function retarget(
  edit: Edit,
  context: RequestContext,
  requestUri: string,
  path: readonly string[] | undefined,
): Refusal | undefined {
  if (requestUri !== context.receivedUri) {
    if (!isCleanHeaderText(requestUri) || requestUri.includes(" ")) return BAD_URI;
    edit.retarget(requestUri);
  }
  if (path !== undefined) {
    for (let i = path.length - 1; i >= 0; i--) {
      const value = path[i] ?? "";
      if (!isCleanHeaderText(value)) return BAD_URI;
      edit.prepend("Route", value);
    }
  }
  return undefined;
}

/** The way to an address from a listener of ours. */
export function destinationOf(target: ResolvedTarget, listener: Listener, flow: number): Destination {
  return { transport: target.transport, ip: target.ip, port: target.port, listener, flow };
}

/** S-12: the target is our own host, and it was not us who chose it but a Route of somebody elsewhere. */
export function isFilteredTarget(core: ProxyCore, branch: Branch, target: ResolvedTarget): boolean {
  const { context } = branch;
  if (context.routedTo === "" || !core.settings.blockLoopbackRoutes) return false;
  if (!isLoopback(target.ip) || isLoopback(context.source.ip)) return false;
  return (branch.dstUri ?? branch.requestUri) === context.routedTo;
}

function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || ip === "::1";
}

/** How many of a branch's targets may be used. @param limit - of those that its name has (DN-3) */
export function targetCount(branch: Branch, limit: number): number {
  return Math.min(branch.targets?.length ?? 0, limit + branch.extraTargets);
}

/** Room for what we add to a request, and the distance to keep from the limit (T-18). */
const MTU_MARGIN = 200;

/**
 * A request that is too large for a datagram goes by TCP first when nobody has named a transport, and by UDP if that
 * fails (T-18, RFC 3261 section 18.1.1). @returns whether a TCP target now stands in front of this one
 */
function putStreamFirst(core: ProxyCore, branch: Branch, target: ResolvedTarget, index: number): boolean {
  if (target.transport !== "udp" || !branch.isTransportOpen || branch.datagramAt === index || branch.targets === undefined) return false;
  const { request, source } = branch.context;
  if (core.transport.exceedsMtu?.(request.text.length + MTU_MARGIN) !== true) return false;
  if (core.transport.pickListener("tcp", target.ip, source.listener, undefined) === undefined) return false;
  const targets = [...branch.targets];
  targets.splice(index, 0, { transport: "tcp", ip: target.ip, port: target.port });
  branch.targets = targets;
  branch.datagramAt = index + 1;
  branch.extraTargets++;
  branch.nextTarget = index;
  return true;
}

/**
 * Sends a branch to the next of its targets, or to the one after that if that cannot be sent at once, and so on.
 * @param limit - how many of the targets may be used (DN-3)
 * @returns undefined when it was sent, else why not
 */
export function launch(core: ProxyCore, transaction: ServerTransaction, branch: Branch, limit: number): Refusal | undefined {
  const { context } = branch;
  const base = branch.edit;
  let refusal = SEND_FAILED;
  for (let count = targetCount(branch, limit); branch.nextTarget < count; count = targetCount(branch, limit)) {
    const index = branch.nextTarget++;
    const target = branch.targets?.[index];
    if (target === undefined) break;
    if (putStreamFirst(core, branch, target, index)) continue;
    if (isFilteredTarget(core, branch, target)) {
      refusal = FILTERED;
      continue;
    }
    const listener = core.transport.pickListener(target.transport, target.ip, context.source.listener, branch.forcedListener);
    if (listener === undefined) continue;
    // the edit as it is now is needed again only if another target may follow
    const edit = branch.nextTarget < count ? base.clone() : base;
    const destination = destinationOf(target, listener, branch.flow);
    core.hooks.requestForwarded(transaction, edit, branch.index, destination);
    const id = core.codec.make(transaction.hashIndex, transaction.label, branch.index, context.request.callId, loopMarkOf(core, context));
    const text = writeCopy(core, context, edit, id, listener, branch.record ?? context.record);
    const client = core.deps.transactions.client({
      server: transaction,
      index: branch.index,
      method: context.request.method,
      text,
      branch: id,
      destination,
      user: branch,
      sentBy: hasOwnName(context) ? shownSocket(context, listener).sentBy : "",
      frTimeoutMs: branch.frTimeoutMs > 0 ? branch.frTimeoutMs : undefined,
      frInvTimeoutMs: branch.frInvTimeoutMs > 0 ? branch.frInvTimeoutMs : undefined,
    });
    if (client !== undefined) {
      branch.client = client;
      if (branch.nextTarget >= count) branch.pendingEdit = undefined;
      core.counters.forwardedRequests.value++;
      return undefined;
    }
  }
  return refusal;
}

/** Max-Breadth of a branch (TM-50). */
export function writeBreadth(edit: Edit, breadth: number): void {
  edit.set(H.MaxBreadth, breadth);
}
