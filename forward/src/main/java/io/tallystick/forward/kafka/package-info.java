/** Apache Kafka: a topic for each sink. */
@NullMarked
package io.tallystick.forward.kafka;

import org.jspecify.annotations.NullMarked;
