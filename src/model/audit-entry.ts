/** A change that somebody made by the admin interface, or tried to, or a login that was refused (schemas/audit/AuditEntry.avsc). */
export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string | null;
  readonly role: string | null;
  /** Method and route. */
  readonly action: string;
  readonly target: string | null;
  /** `done`, or the problem's code. */
  readonly outcome: string;
  readonly address: string | null;
  readonly instance: string;
}
