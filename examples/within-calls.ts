// Requests of our own within calls: a word to the caller, and media that have to move.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"] });

app.invite((call) => {
  call.track({ lifetime: "30m", byeOnExpiry: true });
  return call.relay("sip:127.0.0.1:5080");
});

/** Says something to the caller of a call, named by its did or its Call-ID. Tells whether the caller has taken it. */
export async function tell(id: string, text: string): Promise<boolean> {
  const answer = await app.dialogs.get(id)?.request("MESSAGE", { to: "caller", body: text, contentType: "text/plain" });
  return answer !== undefined && answer.status < 300;
}

/** The media relay has another address: both sides of every call agree anew. Tells how many did not. */
export async function mediaMoved(): Promise<number> {
  const talking = [...app.dialogs].filter((dialog) => dialog.state === "confirmed");
  const answers = await Promise.all(talking.map((dialog) => dialog.renegotiate()));
  return answers.filter((answer) => answer === undefined || answer.status >= 300).length;
}

await app.listen();
