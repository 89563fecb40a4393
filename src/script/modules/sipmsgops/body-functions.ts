// Functions on bodies: their parts, their codecs and streams.
import {
  addBodyPart,
  audioHold,
  type CodecTest,
  equalsIgnoreCase,
  hasBodyPart,
  isCleanHeaderText,
  isMime,
  keepBodyParts,
  mimeOf,
} from "../../../sip/index.ts";
import { searches } from "../../compile/regex.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import type { Run } from "../../run.ts";
import { ANY, bodyOf, done, editOf, refuse, result, withRegex } from "./define.ts";
import { headerLines } from "./headers.ts";
import { actOnCodecs, type CodecAct, codecNamed, deleteStreams, descriptions, hasStream } from "./sdp.ts";

/** Parts of a body. */
export const bodyFunctions: readonly FunctionDefinition[] = [
  {
    name: "is_audio_on_hold",
    parameters: [],
    routes: ANY,
    resultMatters: true,
    bind: () => (run) => {
      for (const sdp of descriptions(bodyOf(run))) {
        const hold = audioHold(sdp);
        if (hold > 0) return hold;
      }
      return -1;
    },
  },
  { name: "has_body", parameters: [may("mime", "text")], routes: ANY, resultMatters: true, bind: hasPart },
  { name: "has_body_part", parameters: [may("mime", "text")], routes: ANY, resultMatters: true, bind: hasPart },
  {
    name: "add_body_part",
    parameters: [must("body", "text"), must("mime", "text"), may("headers", "text")],
    routes: ANY,
    bind(call) {
      const body = call.text(0);
      const mime = call.text(1);
      const extra = call.has(2) ? call.headerText(2) : () => "";
      return (run) => {
        const text = body(run);
        const type = mime(run);
        const written = extra(run);
        if (text === undefined || type === undefined || written === undefined) return -1;
        const lines = written === "" ? "" : headerLines(written);
        if (lines === undefined) return refuse(run, call.name, `<${written}> is no header line`);
        if (mimeOf(type) === "" || !isCleanHeaderText(type)) return refuse(run, call.name, `<${type}> is no MIME type`);
        return result(editOf(run, (change) => done(() => addBodyPart(change, text, type, lines))));
      };
    },
  },
  {
    name: "remove_body_part",
    parameters: [may("mime", "text"), may("revert", "text")],
    routes: ANY,
    bind(call) {
      const mime = call.has(0) ? call.text(0) : undefined;
      const revert = call.has(1) ? call.text(1) : undefined;
      return (run) => {
        const kind = mime?.(run);
        if (mime !== undefined && kind === undefined) return -1;
        const isReverted = equalsIgnoreCase(revert?.(run) ?? "", "revert");
        const isKept = (type: string): boolean => kind !== undefined && isMime(type, kind) === isReverted;
        return result(editOf(run, (change) => keepBodyParts(change, isKept)));
      };
    },
  },
];

function hasPart(call: BoundCall): Action {
  if (!call.has(0)) return (run) => (bodyOf(run).body === "" ? -1 : 1);
  const mime = call.text(0);
  return (run) => {
    const kind = mime(run);
    return kind !== undefined && hasBodyPart(bodyOf(run), kind) ? 1 : -1;
  };
}

const ACTS: readonly CodecAct[] = ["exists", "delete", "move_up", "move_down"];

/** Codecs and streams of descriptions. */
export const codecFunctions: readonly FunctionDefinition[] = [
  ...ACTS.flatMap((act) => [codecByName(act), codecByRegex(`codec_${act}_re`, act, true)]),
  codecByRegex("codec_delete_except_re", "delete", false),
  {
    name: "stream_exists",
    parameters: [must("regexp", "regex")],
    routes: ANY,
    resultMatters: true,
    bind: withRegex((run, regex) => hasStream(bodyOf(run), (media) => searches(regex, media))),
  },
  {
    name: "stream_delete",
    parameters: [must("regexp", "regex")],
    routes: ANY,
    bind: withRegex((run, regex) => editOf(run, (change) => deleteStreams(change, (media) => searches(regex, media)))),
  },
];

function codecByName(act: CodecAct): FunctionDefinition {
  return {
    name: `codec_${act}`,
    parameters: [must("name", "text"), may("clock", "text")],
    routes: ANY,
    resultMatters: act === "exists",
    bind(call) {
      const name = call.text(0);
      const clock = call.has(1) ? call.text(1) : undefined;
      return (run) => {
        const codec = name(run);
        const rate = clock?.(run);
        if (codec === undefined || (clock !== undefined && rate === undefined)) return -1;
        return result(onCodecs(run, act, codecNamed(codec, rate)));
      };
    },
  };
}

function codecByRegex(name: string, act: CodecAct, isMeant: boolean): FunctionDefinition {
  return {
    name,
    parameters: [must("regexp", "regex")],
    routes: ANY,
    resultMatters: act === "exists",
    bind: withRegex((run, regex) => onCodecs(run, act, (codec) => searches(regex, codec) === isMeant)),
  };
}

function onCodecs(run: Run, act: CodecAct, test: CodecTest): boolean {
  return act === "exists" ? actOnCodecs(bodyOf(run), act, test) : editOf(run, (change) => actOnCodecs(change, act, test));
}
