package io.tallystick.service.answer;

import java.util.List;

/**
 * Which log this is, and which keys sign it.
 *
 * @param createdAt RFC 3339
 * @param verifierKeys newest first
 */
public record LogInfo(String origin, String createdAt, List<String> verifierKeys) {
  public LogInfo {
    verifierKeys = List.copyOf(verifierKeys);
  }
}
