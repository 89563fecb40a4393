// All transformations (script-language 7).
import { csvTransformations } from "./csv.ts";
import type { TransformationDefinition } from "./definition.ts";
import { encodeTransformations } from "./encode.ts";
import { ipTransformations } from "./ip.ts";
import { nameAddrTransformations } from "./nameaddr.ts";
import { paramTransformations } from "./param.ts";
import { reTransformations } from "./re.ts";
import { sdpTransformations } from "./sdp.ts";
import { textTransformations } from "./text.ts";
import { uriTransformations } from "./uri.ts";
import { viaTransformations } from "./via.ts";

export type { TransformationDefinition } from "./definition.ts";

/** The table, one row for each `class.name`. */
export const transformations: readonly TransformationDefinition[] = Object.freeze([
  ...textTransformations(),
  ...encodeTransformations(),
  ...uriTransformations(),
  ...nameAddrTransformations(),
  ...paramTransformations(),
  ...viaTransformations(),
  ...csvTransformations(),
  ...ipTransformations(),
  ...reTransformations(),
  ...sdpTransformations(),
]);
