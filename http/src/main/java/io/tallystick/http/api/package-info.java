/**
 * The endpoints under {@code /api/audit} and those about the server itself. A handler decides
 * nothing about entries: it reads parameters, asks a service and writes the answer.
 */
@NullMarked
package io.tallystick.http.api;

import org.jspecify.annotations.NullMarked;
