package io.tallystick.forward;

import io.tallystick.forward.elastic.ElasticType;
import io.tallystick.forward.elastic.VictoriaLogsType;
import io.tallystick.forward.file.FileType;
import io.tallystick.forward.hec.HecType;
import io.tallystick.forward.kafka.KafkaType;
import io.tallystick.forward.otlp.OtlpType;
import io.tallystick.forward.s3.S3Type;
import io.tallystick.forward.sink.SinkType;
import io.tallystick.forward.syslog.SyslogType;
import io.tallystick.forward.webhook.WebhookType;
import java.util.List;
import java.util.Optional;

/** The kinds of sinks there are. A new one is a line here. */
final class SinkTypes {
  private static final List<SinkType> ALL =
      List.of(
          new FileType(),
          new WebhookType(),
          new ElasticType(),
          new VictoriaLogsType(),
          new HecType(),
          new SyslogType(),
          new OtlpType(),
          new S3Type(),
          new KafkaType());

  private SinkTypes() {}

  /** The type with this name. */
  static Optional<SinkType> of(String name) {
    return ALL.stream().filter(type -> type.name().equals(name)).findFirst();
  }

  /** The names of all. */
  static List<String> names() {
    return ALL.stream().map(SinkType::name).toList();
  }
}
