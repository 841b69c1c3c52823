/** `rate_limits` of the mesh's configuration. */
export interface RateLimits {
  /** Messages a second that one peer may send for long. */
  readonly per_peer_rps: number;
  /** Messages it may send at once. */
  readonly burst: number;
}

/** A token bucket: `burst` tokens at most, `per_peer_rps` more each second. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor({ per_peer_rps, burst }: RateLimits, now: number) {
    this.#rate = per_peer_rps / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes a token: 0, or the milliseconds until there will be one. */
  take(now: number): number {
    const passed = now - this.#at;
    if (passed > 0) {
      this.#at = now;
      const tokens = this.#tokens + passed * this.#rate;
      this.#tokens = Math.min(tokens, this.#burst);
    }
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return this.#rate === 0 ? 60_000 : Math.ceil((1 - this.#tokens) / this.#rate);
  }
}
