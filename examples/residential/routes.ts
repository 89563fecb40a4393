// A residential service: phones register, each line may have two calls at a time, calls last two hours at most, voice mail takes
// what nobody answers.
import { type Call, dialoom, type IncomingRequest } from "dialoom";

const app = dialoom({
  listen: ["udp:127.0.0.1:5060"],
  alias: ["home.example"],
  mi: "127.0.0.1:8888",
  profiles: ["line", { name: "calls", withValue: false }],
  maxForwards: 10,
  frTimeout: "5s",
  frInvTimeout: "15s",
  defaultTimeout: "2h",
});
const line = app.profile("line");
const calls = app.profile("calls");

app.request("REGISTER", (request) => {
  app.location.register(request, { maxContacts: 4, viaSource: isBehindNat(request) });
});

app.invite(async (call) => {
  if (isBehindNat(call)) call.fixContact();
  if (!app.isMyself(call.requestUri)) return call.reject(403, "Relay Forbidden");
  const user = call.from.uri.user ?? "";
  if (line.size(user) >= 2) return call.reject(486, "Line Busy");
  const dialog = call.track({ byeOnExpiry: true });
  dialog.link(calls);
  dialog.link(line, user);
  dialog.on("ended", ({ wasAnswered, seconds }) => {
    if (wasAnswered) app.log.info({ line: user, seconds }, "a call is over");
  });
  const targets = app.location.targets(call);
  if (targets.length === 0) return voicemail(call, "sip:127.0.0.1:5090");
  const { status } = await call.relay(targets);
  if (status === 408 || status === 480 || status === 486) return voicemail(call, `sip:${call.requestUri.user}@127.0.0.1:5090`);
  return undefined;
});

app.request("*", (request) => {
  if (isBehindNat(request)) request.fixContact();
  if (!app.isMyself(request.requestUri)) return request.reject(403, "Relay Forbidden");
  const targets = app.location.targets(request);
  if (targets.length === 0) return request.reject(404, "Not Found");
  return request.relay(targets);
});

app.sequential((request) => {
  if (isBehindNat(request)) request.fixContact();
  if (request.dialog !== undefined && request.validate() < 0) {
    app.log.warn({ method: request.method, callId: request.callId }, "a request does not fit its call");
  }
});

/** Phones at home seldom know the address they are seen with. */
function isBehindNat(request: IncomingRequest): boolean {
  return request.answerToSource().natSigns("privateContact", "otherAddress", "privateVia").length > 0;
}

function voicemail(call: Call, target: string): void {
  call.setHeader("X-Voicemail", call.requestUri.user ?? "").relay(target);
}

await app.listen();
