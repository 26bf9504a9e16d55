/** The `data` member of every error on the wire. */
export interface ErrorData {
  readonly kind: string;
  readonly retryable: boolean;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A failure as a value of the registry; nothing else leaves the daemon or the client. */
export class KhloneError extends Error {
  override readonly name: string = 'KhloneError';
  /** JSON-RPC error code. */
  readonly code: number;
  readonly data: ErrorData;

  constructor(code: number, message: string, data: ErrorData) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** The registry's name of this failure, such as `cloneNotFound`. */
  get kind(): string {
    return this.data.kind;
  }

  /** The next step to take. */
  get hint(): string {
    return this.data.hint;
  }

  /** Whether the same call may succeed later without any change. */
  get retryable(): boolean {
    return this.data.retryable;
  }

  /** The typed details of the kind. */
  get details(): Readonly<Record<string, unknown>> {
    return this.data.details;
  }
}

/** Fills `{member}` in a registry template from the details. */
export function fillTemplate(template: string, details: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name];
    if (value === undefined) return whole;
    return Array.isArray(value) ? value.join(', ') : String(value);
  });
}
