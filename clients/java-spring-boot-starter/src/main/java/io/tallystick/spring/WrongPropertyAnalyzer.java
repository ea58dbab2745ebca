package io.tallystick.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in two sentences why the application does not start. */
final class WrongPropertyAnalyzer extends AbstractFailureAnalyzer<WrongPropertyException> {
  @Override
  protected FailureAnalysis analyze(Throwable failure, WrongPropertyException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
  }
}
