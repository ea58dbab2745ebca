/** The beginning of every error of this package. */
export class AuditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * An append in mode `sync` that the log did not acknowledge. `event` is what was sent, with its `event_id` and
 * `source_seq`: append it again and it is written once, however often.
 */
export class AppendFailed extends AuditError {
  constructor(
    message: string,
    /** The HTTP status, or undefined if there was no answer. */
    readonly status: number | undefined,
    readonly event: Record<string, unknown>,
    /** False only where the server said that it wrote nothing. */
    readonly mayBeWritten: boolean,
  ) {
    super(message);
  }
}

/** The client was closed. */
export class ClientUnusable extends AuditError {}

/** The spool could not be written: it is unknown whether the event will be sent. */
export class SpoolError extends AuditError {}

/** The spool holds `maxSpoolBytes` that the server has not acknowledged; the event was not accepted. */
export class SpoolFull extends SpoolError {}

/** Another client, in this or another process, has this spool open. */
export class SpoolInUse extends SpoolError {}

/** The spool holds something that no client wrote. Nothing of it was changed. */
export class SpoolDamaged extends SpoolError {}

/** The proof, the root or the signature does not verify, or the server did not send them. */
export class VerificationFailed extends AuditError {}
