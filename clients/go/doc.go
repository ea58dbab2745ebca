// Package tallystick sends the events of an application to a Tallystick server, an audit log that
// shows any change made to it afterwards.
//
// A [Client] works in one of three modes, and there is no default: [Sync] returns when the event is
// in the log, [Spooled] when it is on this machine's disk, [BestEffort] at once. [NewHandler] makes
// a client the target of log/slog, and [NewMiddleware] records the requests of a net/http server.
// [Client.VerifyReceipt] checks, against a key that you have pinned, that an entry is in the log.
//
// It needs nothing but the standard library.
package tallystick
