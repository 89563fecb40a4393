// Routes are tested without a socket: inject() runs a message through them and returns what would have been sent.
import { dialoom } from "dialoom";

const app = dialoom({ logLevel: "silent" });

app.invite((call) => {
  if (call.requestUri.user === "blocked") return call.reject(603, "Decline");
  return call.relay("sip:10.0.0.20:5080");
});

const invite = (user: string): string =>
  [
    `INVITE sip:${user}@example.com SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-${user};rport`,
    "From: <sip:alice@example.com>;tag=1",
    "To: <sip:bob@example.com>",
    `Call-ID: ${user}@test`,
    "CSeq: 1 INVITE",
    "Contact: <sip:alice@127.0.0.1:5071>",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

const refused = await app.inject(invite("blocked"));
const relayed = await app.inject(invite("bob"));
console.log(refused.responses[0]?.startLine); // SIP/2.0 603 Decline
console.log(relayed.requests[0]?.startLine, "→", relayed.requests[0]?.ip); // INVITE sip:bob@example.com SIP/2.0 → 10.0.0.20
await app.close();
