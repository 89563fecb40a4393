// What can be seen and done while a call lives.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"], profiles: ["trunk"] });
const trunk = app.profile("trunk");

app.invite((call) => {
  const dialog = call.track({ lifetime: 600 });
  dialog.link(trunk, "carrier-a"); // at once, without a promise: for profiles that count on this node alone
  dialog.set("account", call.header("X-Account") ?? "none");
  dialog.on("answered", () => app.log.info({ did: dialog.did }, "answered"));
  dialog.on("expiring", () => {
    if (dialog.get("account") !== "none") dialog.setLifetime(600); // ten minutes more
  });
  call.removeHeader("X-Account");
  call.relay(["sip:127.0.0.1:5080", "sip:127.0.0.1:5090"], {
    onReply: (reply) => {
      if (reply.status === 183) reply.drop(); // no early media from anyone
    },
  });
});

app.sequential((request) => {
  if (request.method === "INFO" && !request.isDownstream) request.reject(403, "Not From There");
});

app.request("MESSAGE", (message) => message.relay("sip:127.0.0.1:5080"));

app.on("ended", (end, dialog) => app.log.info({ did: dialog.did, account: dialog.get("account"), ...end }, "call ended"));

await app.listen();
