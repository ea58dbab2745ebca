/**
 * The answers of the reading API as records, and the JSON that they are written as. Each record has
 * the fields that {@code openapi.json} describes, in its order, in snake case; {@code null} is
 * written, unless a field says otherwise.
 */
@NullMarked
package io.tallystick.service.answer;

import org.jspecify.annotations.NullMarked;
