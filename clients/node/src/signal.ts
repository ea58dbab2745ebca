const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Wakes everybody who waits for something to change. */
export class Signal {
  private waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  notify(): void {
    const waiting = this.waiting;
    this.waiting = [];
    waiting.forEach((wake) => wake());
  }

  /** Waits until it holds, at most so many milliseconds. Unlike `wait`, it keeps the process alive. */
  async waitFor(holds: () => boolean, timeout?: number): Promise<void> {
    let expired = false;
    const expire = (): void => {
      expired = timeout !== undefined;
      this.notify();
    };
    const timer = setTimeout(expire, timeout ?? LONGEST_TIMEOUT);
    while (!holds() && !expired) {
      await this.wait();
    }
    clearTimeout(timer);
  }
}
