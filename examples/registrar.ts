// Phones register and call each other; every call leaves a record.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"], mi: "127.0.0.1:8888" });

app.request("REGISTER", (request) => {
  // whoever registers should be asked for a password first; here the network is trusted
  app.location.register(request, { maxContacts: 3, replaceOldest: true, viaSource: true });
});

app.invite((call) => {
  const targets = app.location.targets(call);
  if (targets.length === 0) return call.reject(404, "Not Found");
  app.records.of(call, { atEnd: true, missed: true, values: { account: call.from.uri.user ?? "" } });
  return call.relay(targets, { mode: "serial", frInvTimeoutMs: 20_000 });
});

app.records.on(({ kind, callId, code, durationMs, extras }) => {
  app.log.info({ kind, callId, code, durationMs, account: extras.get("account") }, "call record");
});

await app.listen();
