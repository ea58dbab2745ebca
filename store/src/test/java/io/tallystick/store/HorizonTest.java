package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.store.log.Horizon;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a log begins. */
class HorizonTest {
  @TempDir Path data;

  @Test
  void theBeginningOfALogNeverGoesBack() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(20), null).get();
      LogReader reader = log.reader();
      Horizon start = reader.horizon();
      String hash = reader.read(10).orElseThrow().hash().toString();
      Horizon further = start.after(new Horizon.Removed(1, 10, hash, null, null, 21));
      reader.moveHorizon(further);
      assertThatThrownBy(() -> reader.moveHorizon(start))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("11");
      assertThat(reader.firstId()).isEqualTo(11);
      assertThat(LogReader.open(data).firstId()).isEqualTo(11);
    }
  }
}
