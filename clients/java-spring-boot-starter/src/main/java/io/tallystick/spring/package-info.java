/** Makes an {@link io.tallystick.client.AuditClient} part of a Spring Boot application. */
@NullMarked
package io.tallystick.spring;

import org.jspecify.annotations.NullMarked;
