/**
 * Who may: API keys in headers, sessions in cookies, limits on failures, and the entries about
 * them.
 */
@NullMarked
package io.tallystick.http.auth;

import org.jspecify.annotations.NullMarked;
