export { type BodyPart, bodyParts, isMime, mimeOf } from "./body.ts";
export { addBodyPart, bodyPartText, changeBodyParts, hasBodyPart, keepBodyParts } from "./body-edit.ts";
export { buildCancel, buildHopAck, buildReply, buildRequest, type ReplyParts, type RequestParts } from "./build.ts";
export { equalsIgnoreCase, hexValue, isCleanHeaderText, unfold } from "./chars.ts";
export { Edit, edit, type SerialiseOptions } from "./edit.ts";
export type { Fault, FaultHeaders } from "./fault.ts";
export { LENGTH_BAD, LENGTH_MISSING, LENGTHS_DIFFER } from "./fields.ts";
export { type HeadScan, scanHead } from "./framing.ts";
export { Head } from "./head.ts";
export { H, type HeaderId, type HeaderRow, headerIdOf, headerRow } from "./headers.ts";
export { bracketed, hostEquals, isCarrierHost, isPrivateHost, parseIpv4, parseIpv6 } from "./hosts.ts";
export { DEFAULT_LIMITS, Limits, type LimitValues } from "./limits.ts";
export { splitList } from "./lists.ts";
export { type AddressFault, SipMessage, SipRequest, SipResponse } from "./message.ts";
export { isKnownMethod, METHODS } from "./methods.ts";
export { NameAddr, parseNameAddr } from "./nameaddr.ts";
export { addReceivedParams, type ContactChange, changeContacts, fixContacts, NatSign, natSigns, type Origin, originUri } from "./nat.ts";
export { findParam, listParams, type Param, unquote } from "./params.ts";
export { MIN_MESSAGE, type ParseOptions, parseMessage } from "./parser.ts";
export {
  type AddressRewrite,
  audioHold,
  type CodecTest,
  hasCodec,
  isSdp,
  type SdpCodec,
  type SdpStream,
  sdpAddresses,
  sdpStreams,
  withCodecsMoved,
  withoutCodecs,
  withoutStreams,
  withSdpAddress,
  withSdpLines,
} from "./sdp.ts";
export { reasonPhrase } from "./status.ts";
export { parseUri, SipUri, type UriFault } from "./uri.ts";
export { isE164, isUriUser, telToSip, type UriChanges, withoutUriParam, withUriParam, withUriParts } from "./uri-edit.ts";
export { unescapeUri, uriEquals } from "./uri-equal.ts";
export { type Defect, type DefectChecks, findDefect } from "./validate.ts";
export { hostPort, MAGIC_COOKIE, parseVia, Via, viaText } from "./via.ts";
