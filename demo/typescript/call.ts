import { type Client, Metadata, type MethodDefinition, type ServiceError } from "@grpc/grpc-js";

import { ErrorInfo } from "./gen/google/rpc/error_details.js";
import { Status } from "./gen/google/rpc/status.js";

/** How many milliseconds longer than a call may wait in the module its deadline is. */
export const grace = 10_000;

const detailsKey = "grpc-status-details-bin";
const errorInfo = "/google.rpc.ErrorInfo";

/** Makes a unary call, with a deadline so many milliseconds from now; the signal takes it back before that. */
export function ask<Request, Reply>(
  client: Client,
  method: MethodDefinition<Request, Reply>,
  request: Request,
  milliseconds = grace,
  signal?: AbortSignal,
): Promise<Reply> {
  const { path, requestSerialize, responseDeserialize } = method;
  const options = { deadline: Date.now() + milliseconds };
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const done = (error: ServiceError | null, reply?: Reply) => {
      signal?.removeEventListener("abort", cancel);
      if (error) {
        reject(signal?.aborted ? signal.reason : error);
      } else {
        resolve(reply as Reply);
      }
    };
    const metadata = new Metadata();
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, options, done);
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
  });
}

/** What Interlock says of a refusal, or undefined where the error is not its own. */
export function infoOf(error: unknown): ErrorInfo | undefined {
  const [packed] = (error as Partial<ServiceError>).metadata?.get(detailsKey) ?? [];
  if (!Buffer.isBuffer(packed)) {
    return undefined;
  }
  return Status.decode(packed)
    .details.filter((detail) => detail.typeUrl.endsWith(errorInfo))
    .map((detail) => ErrorInfo.decode(detail.value))
    .find((info) => info.domain === "interlock");
}

/** Why Interlock refused a call: the code tells what kind of failure it was, the reason tells which. */
export const reasonOf = (error: unknown): string => infoOf(error)?.reason ?? "";

/** Whether the group went on without this member: dropped, or behind by a generation. */
export const isFenced = (error: unknown): boolean => ["FENCED", "UNKNOWN_MEMBER"].includes(reasonOf(error));
