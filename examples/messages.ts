// What a route may change of the messages that pass.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"] });
const natted = app.counter("natted_calls"); // stands beside the proxy's own numbers in the management commands

app.invite((call) => {
  if (call.natSigns("privateContact", "otherAddress", "otherPort").length > 0) {
    natted.add();
    call.fixContact(";nat=yes"); // leads back to where the request came from
    call.sdp?.setAddress(call.source.ip);
  }
  call.sdp?.removeCodecs("speex");
  call.sdp?.preferCodecs((name, clock) => name === "opus" || clock === "16000");
  call.removeOption("Supported", "100rel");
  call.appendHeader("X-Source", call.source.ip, { after: "From" });
  if (call.hasBody("application/isup")) call.removeBodyParts("application/isup");
  return call.relay("sip:127.0.0.1:5080", {
    onReply: (reply) => {
      reply.removeHeader((name) => name.startsWith("P-")).fixContact();
      if (reply.status === 603) reply.setStatus(486, "Busy Here");
    },
  });
});

await app.listen();
