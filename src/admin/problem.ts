import { BridgeError, type ErrorCode, messageOf, type Problem, ProblemsError } from "../errors.ts";
import type { ProblemDetails } from "./contract/common.ts";

/** Why the API refuses a request that no error of errors.ts describes; one row a code: status and title. */
export const refusalCodes = {
  REQUEST_INVALID: { status: 400, title: "The request is not as the API wants it" },
  UNAUTHENTICATED: { status: 401, title: "Who asks is not known" },
  FORBIDDEN: { status: 403, title: "The role does not allow it" },
  READ_ONLY: { status: 403, title: "Nothing can be changed here" },
  CROSS_SITE: { status: 403, title: "Another site's page asked for it" },
  NOT_FOUND: { status: 404, title: "There is no such thing" },
  METHOD_NOT_ALLOWED: { status: 405, title: "The method does not go with this address" },
  NEWER_EVENTS: { status: 409, title: "Newer events of the same key were delivered" },
  CONFLICT: { status: 412, title: "Somebody else was first" },
  TOO_LARGE: { status: 413, title: "The request is too large" },
  NOT_JSON: { status: 415, title: "The body must be JSON" },
  WRONG_HOST: { status: 421, title: "This address is not served under that name" },
  UNUSABLE: { status: 422, title: "The definition cannot be used" },
  PRECONDITION_REQUIRED: { status: 428, title: "Say which revision this builds on" },
  TOO_MANY_FAILURES: { status: 429, title: "Too many failed logins" },
  TOO_MANY: { status: 503, title: "Too much of this at once" },
  NOT_HERE: { status: 503, title: "This part does not run here" },
} as const;
export type RefusalCode = keyof typeof refusalCodes;

/** What an error of errors.ts is over HTTP. What is missing here is a defect, and a 500. */
const statuses: Partial<Record<ErrorCode, readonly [status: number, title: string]>> = {
  HANDLERS_INVALID: [422, "The definitions cannot be used"],
  USAGE: [400, "The request is not as the API wants it"],
  UNKNOWN_EVENT: [404, "There is no such event"],
  DATA_INVALID: [422, "The data does not fit the event"],
  EGRESS_REFUSED: [422, "The handler's address is not one the bridge may call"],
  RECORD_TOO_LARGE: [413, "The record is larger than its topic takes"],
  RECORD_UNDECODABLE: [422, "The record cannot be read"],
  RECORD_REFUSED: [503, "The broker refused the record"],
  BROKER_UNAVAILABLE: [503, "Kafka is away"],
  REGISTRY_UNAVAILABLE: [503, "The schema registry is away"],
  NOT_SET_UP: [503, "A topic or schema is missing"],
  SCHEMA_UNKNOWN: [503, "The registry does not know a schema"],
  QUEUE_FULL: [503, "Too much of this at once"],
  INDEX_UNAVAILABLE: [503, "The index of the execution log cannot be used now"],
  CLOSED: [503, "This instance is stopping"],
  TIMED_OUT: [503, "It took too long"],
};

interface Extras {
  readonly problems?: readonly Problem[];
  readonly found?: number | null;
  readonly retryAfterSeconds?: number;
}

/** A request is refused; becomes `application/problem+json`. Its detail says what to do and holds no secret. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly extras: Extras;

  constructor(code: RefusalCode, detail: string, extras: Extras = {}) {
    super(detail);
    this.name = "Refusal";
    this.code = code;
    this.extras = extras;
  }
}

/** Anything thrown, as what is answered. Whatever is not meant for people is a 500 that says nothing of it. */
export function problemOf(thrown: unknown): ProblemDetails {
  if (thrown instanceof Refusal) return ofRefusal(thrown);
  if (thrown instanceof BridgeError) return ofError(thrown);
  return (isHttpError(thrown) ? ofHttpError(thrown) : undefined) ?? defect;
}

const defect: ProblemDetails = {
  type: "about:blank",
  title: "A defect of this program",
  status: 500,
  detail: "it was logged, with the same time; please report it",
  code: "INTERNAL",
};

function ofRefusal({ code, message, extras }: Refusal): ProblemDetails {
  const { problems, ...others } = extras;
  return {
    type: "about:blank",
    ...refusalCodes[code],
    detail: message,
    code,
    ...others,
    ...(problems === undefined ? {} : { problems: [...problems] }),
  };
}

function ofError(error: BridgeError): ProblemDetails {
  const [status, title] = statuses[error.code] ?? [];
  if (status === undefined || title === undefined) return defect;
  const [headline = ""] = error.message.split("\n", 1);
  return error instanceof ProblemsError
    ? { type: "about:blank", title, status, detail: headline, code: error.code, problems: [...error.problems] }
    : { type: "about:blank", title, status, detail: error.message, code: error.code };
}

/** What Fastify says of a request: its own codes, or what a validator found. */
interface HttpError {
  readonly statusCode: number;
  readonly code?: string;
  readonly validation?: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly params?: object;
  }[];
  readonly validationContext?: string;
}

function isHttpError(thrown: unknown): thrown is Error & HttpError {
  return thrown instanceof Error && typeof (thrown as { statusCode?: unknown }).statusCode === "number";
}

function ofHttpError(error: Error & HttpError): ProblemDetails | undefined {
  const { statusCode, validation, validationContext = "request" } = error;
  if (validation !== undefined) {
    const problems = validation.map(({ instancePath, message = "is not valid" }) => ({
      path: pathOf(instancePath),
      place: null,
      message,
      hint: null,
    }));
    const [first] = problems;
    const what = first === undefined ? "is not valid" : `${first.path ?? ""} ${first.message}`.trim();
    return ofRefusal(new Refusal("REQUEST_INVALID", `${validationContext}: ${what}`, { problems }));
  }
  switch (statusCode) {
    case 413:
      return ofRefusal(new Refusal("TOO_LARGE", "the body is larger than the API takes"));
    case 415:
      return ofRefusal(new Refusal("NOT_JSON", "send the body as content-type: application/json"));
    case 503:
      return ofError(
        error.code === "FST_ERR_HANDLER_TIMEOUT"
          ? new BridgeError("TIMED_OUT", "no answer in time; narrow the question, or ask again")
          : new BridgeError("CLOSED", "this instance is stopping"),
      );
    default:
      return statusCode >= 400 && statusCode < 500
        ? ofRefusal(new Refusal("REQUEST_INVALID", messageOf(error)))
        : undefined;
  }
}

/** `/changes/0/path` as `changes[0].path`. */
function pathOf(pointer: string): string | null {
  const path = pointer
    .split("/")
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step.replaceAll("~1", "/").replaceAll("~0", "~")}`))
    .join("");
  return path === "" ? null : path.replace(/^\./, "");
}
