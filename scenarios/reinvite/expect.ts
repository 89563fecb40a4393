import { type Expectation, each, none } from "../scenario.ts";

export const expect: Expectation = {
  about: "re-INVITEs both ways pass with their CSeqs, and the dialog knows the last ones",
  calls: 5,
  moments: [
    {
      name: "talking",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:early_dialogs": none, "dialog:processed_dialogs": each },
    },
    {
      name: "both have changed the session",
      state: 4,
      statistics: { "dialog:active_dialogs": each, "dialog:processed_dialogs": each },
      check: (dialog) => {
        const wrong: string[] = [];
        if (dialog.callee_cseq !== "7") wrong.push(`the callee's last CSeq is ${dialog.callee_cseq}, not 7`);
        if (dialog.CALLEES[0]?.caller_cseq !== "2") wrong.push(`the caller's last CSeq is ${dialog.CALLEES[0]?.caller_cseq}, not 2`);
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
