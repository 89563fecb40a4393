// The smallest complete proxy: phones register here and call each other.
import { dialoom, type IncomingRequest } from "dialoom";

const app = dialoom({
  listen: ["udp:127.0.0.1:5060"],
  mi: "127.0.0.1:8888",
  maxForwards: 10,
  frTimeout: "5s",
  frInvTimeout: "30s",
  restartFrOnEachReply: false,
  appendFromtag: false,
});

app.request("REGISTER", (request) => {
  if (app.isMyself(request.requestUri)) app.location.register(request);
  else goOut(request);
});

app.invite((call) => {
  if (!mayPass(call)) return;
  app.records.of(call);
  if (app.isMyself(call.requestUri)) findUser(call);
  else goOut(call);
});

app.request("*", (request) => {
  if (!mayPass(request)) return;
  if (!app.isMyself(request.requestUri)) goOut(request);
  else if (request.method === "PUBLISH" || request.method === "SUBSCRIBE") request.reject(503, "Service Unavailable");
  else findUser(request);
});

app.sequential((request) => {
  if (request.method === "BYE") app.records.of(request, { failed: true });
});

app.records.on(({ kind, method, callId, code, reason }) => app.log.info({ kind, method, callId, code, reason }, "call record"));

/** Somebody from elsewhere: only to our own users. */
function mayPass(request: IncomingRequest): boolean {
  const isAllowed = app.isMyself(request.from.uri) || app.isMyself(request.requestUri);
  if (!isAllowed) request.reject(403, "Relay Forbidden");
  return isAllowed;
}

function goOut(request: IncomingRequest): void {
  request.appendHeader("P-hint", "outbound").relay();
}

function findUser(request: IncomingRequest): void {
  if (request.requestUri.user === undefined) {
    request.reject(484, "Address Incomplete");
    return;
  }
  const targets = app.location.targets(request, { method: request.method });
  if (targets.length === 0) {
    request.reject(404, "Not Found");
    return;
  }
  app.records.of(request, { missed: true }); // calls that are missed are worth a line as well
  app.log.info({ targets: targets.map((target) => target.requestUri) }, "new branches");
  request.relay(targets, { onReply: ({ status }) => app.log.info({ status }, "incoming reply") });
}

await app.listen();
