import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"], mi: "127.0.0.1:8888", profiles: ["caller"] });
const caller = app.profile("caller");

app.invite(async (call) => {
  const user = call.from.uri.user ?? "anonymous";
  const dialog = call.track({ lifetime: "1h", byeOnExpiry: true });
  const joined = await dialog.join(caller, user, { max: 2 }); // checked and joined in one act
  if (!joined) return call.reject(486, "Too Many Calls");
  dialog.on("ended", (end) => app.log.info({ did: dialog.did, ...end }, "call ended"));
  return call.relay("sip:127.0.0.1:5080"); // Record-Route, in-dialog requests, ACK, CANCEL: already done
});

await app.listen();
