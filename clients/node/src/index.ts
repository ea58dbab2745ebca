export { AuditClient } from "./client";
export type { AuditClientOptions, Receipt } from "./client";
export {
  AppendFailed,
  AuditError,
  ClientUnusable,
  SpoolDamaged,
  SpoolError,
  SpoolFull,
  SpoolInUse,
  VerificationFailed,
} from "./errors";
export type { AuditEvent } from "./event";
export { auditMiddleware } from "./express";
export type { OnRejected, Rejection } from "./sender";
export { leafHash, verifyCheckpoint, verifyEntry, verifyInclusion, verifyProof } from "./verify";
export type { Checkpoint } from "./verify";
