import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "a call that is answered and ended by its caller",
  calls: 5,
  moments: [
    {
      name: "ringing",
      state: 2,
      statistics: { "dialog:active_dialogs": none, "dialog:early_dialogs": each, "dialog:processed_dialogs": each },
    },
    {
      name: "talking",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none, "dialog:processed_dialogs": each },
      check: (dialog, run) => {
        const wrong: string[] = [];
        const claim = (holds: boolean, text: string): void => {
          if (!holds) wrong.push(text);
        };
        const callee = dialog.CALLEES[0];
        const { values = [], profiles = [] } = dialog.context ?? {};
        claim(dialog.CALLEES.length === 1, `${dialog.CALLEES.length} callees`);
        claim(dialog.from_uri === `sip:alice@127.0.0.1:${run.callerPort}`, `from_uri ${dialog.from_uri}`);
        claim(dialog.caller_contact.startsWith(`sip:alice@127.0.0.1:${run.callerPort}`), `caller_contact ${dialog.caller_contact}`);
        claim(dialog.caller_tag.startsWith("a"), `caller_tag ${dialog.caller_tag}`);
        claim(callee?.callee_tag.startsWith("b") === true, `callee_tag ${callee?.callee_tag}`);
        claim(
          callee?.callee_contact.startsWith(`sip:bob@127.0.0.1:${run.calleePorts[0]}`) === true,
          `callee_contact ${callee?.callee_contact}`,
        );
        claim(dialog.caller_bind_addr === `${run.transport}:127.0.0.1:${run.proxyPort}`, `caller_bind_addr ${dialog.caller_bind_addr}`);
        claim(callee?.callee_bind_addr === `${run.transport}:127.0.0.1:${run.proxyPort}`, `callee_bind_addr ${callee?.callee_bind_addr}`);
        // an hour from the answer, in whole seconds
        claim(Math.abs(dialog.timeout - dialog.timestart - 3600) <= 1, `timeout ${dialog.timeout} after start ${dialog.timestart}`);
        claim(
          values.some((entry) => entry["account"] === "prepaid|alice"),
          `values ${JSON.stringify(values)}`,
        );
        claim(
          profiles.some((entry) => entry["caller"] === "alice"),
          `profiles ${JSON.stringify(profiles)}`,
        );
        return wrong;
      },
    },
  ],
  after: {
    "dialog:processed_dialogs": each,
    "dialog:failed_dialogs": none,
    "dialog:expired_dialogs": none,
    "dialog:active_dialogs": none,
    "dialog:early_dialogs": none,
  },
};
