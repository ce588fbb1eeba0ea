import { type Client, Metadata, type MethodDefinition, type ServiceError } from "@grpc/grpc-js";

import { ErrorInfo } from "./gen/google/rpc/error_details.js";
import { Status } from "./gen/google/rpc/status.js";

/** How many milliseconds longer than a call may wait in the module its deadline is. */
export const grace = 10_000;

const detailsKey = "grpc-status-details-bin";
const errorInfo = "/google.rpc.ErrorInfo";

/** Makes a unary call, with a deadline so many milliseconds from now. */
export function ask<Request, Reply>(
  client: Client,
  method: MethodDefinition<Request, Reply>,
  request: Request,
  milliseconds = grace,
): Promise<Reply> {
  const { path, requestSerialize, responseDeserialize } = method;
  const options = { deadline: Date.now() + milliseconds };
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, reply?: Reply) => (error ? reject(error) : resolve(reply as Reply));
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), options, done);
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
