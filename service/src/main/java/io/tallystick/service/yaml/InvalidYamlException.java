package io.tallystick.service.yaml;

/** A text is not YAML that {@link StrictYaml} reads. Its message is one line that says where. */
public final class InvalidYamlException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidYamlException(String message, Throwable cause) {
    super(message, cause);
  }
}
