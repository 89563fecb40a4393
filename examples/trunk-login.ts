// Calls to a trunk that asks for credentials and must not see who is behind us: it knows one number and one address.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"], mi: "127.0.0.1:8888" });
const credentials = [{ user: "firm", realm: "trunk.example", password: "secret" }];

app.invite((call) => {
  call.track({ lifetime: "2h", byeOnExpiry: true });
  call.replaceFrom("sip:4711@trunk.example", { display: "" });
  call.hideTopology({ hideCallId: true });
  return call.relay("sip:127.0.0.1:5080", { credentials });
});

await app.listen();
