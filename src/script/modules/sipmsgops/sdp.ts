// Codecs and streams of the descriptions in a message, as they stand after earlier changes.
import {
  bodyParts,
  type CodecTest,
  changeBodyParts,
  type Edit,
  equalsIgnoreCase,
  hasCodec,
  isMime,
  sdpStreams,
  withCodecsMoved,
  withoutCodecs,
  withoutStreams,
} from "../../../sip/index.ts";

const SDP = "application/sdp";

/** The descriptions in the body as it stands now. */
export function descriptions(edit: Edit): readonly string[] {
  if (edit.body === "") return [];
  const found: string[] = [];
  for (const part of bodyParts(edit.contentType, edit.body)) if (isMime(part.contentType, SDP)) found.push(part.body);
  return found;
}

/** What a codec function does with the codecs that are meant. */
export type CodecAct = "exists" | "delete" | "move_up" | "move_down";

/** The codecs of a name, and of a clock rate when one is given; case is ignored. */
export function codecNamed(name: string, clock: string | undefined): CodecTest {
  return (codec, rate) => equalsIgnoreCase(codec, name) && (clock === undefined || equalsIgnoreCase(rate, clock));
}

/** Does it in all streams of all descriptions. @returns whether there was such a codec */
export function actOnCodecs(edit: Edit, act: CodecAct, test: CodecTest): boolean {
  switch (act) {
    case "exists":
      return descriptions(edit).some((sdp) => hasCodec(sdp, test));
    case "delete":
      return changeBodyParts(edit, SDP, (sdp) => withoutCodecs(sdp, test));
    case "move_up":
      return changeBodyParts(edit, SDP, (sdp) => withCodecsMoved(sdp, test, "front"));
    case "move_down":
      return changeBodyParts(edit, SDP, (sdp) => withCodecsMoved(sdp, test, "back"));
  }
}

/** Whether there is a stream whose media is meant. */
export function hasStream(edit: Edit, isMeant: (media: string) => boolean): boolean {
  return descriptions(edit).some((sdp) => sdpStreams(sdp).some((stream) => isMeant(stream.media)));
}

/** Takes such streams out. @returns whether there was one */
export function deleteStreams(edit: Edit, isMeant: (media: string) => boolean): boolean {
  return changeBodyParts(edit, SDP, (sdp) => withoutStreams(sdp, isMeant));
}
