/** A failure whose text stays inside: the client learns only the id, the log has the rest. */
export interface Incident {
  readonly id: string;
  /** The method that failed. */
  readonly method: string;
  readonly error: unknown;
}
