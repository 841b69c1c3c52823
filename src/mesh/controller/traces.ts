/**
 * Traces of jobs as OTLP over HTTP, JSON encoding (OpenTelemetry protocol 1.x, `/v1/traces`): a span a job, below it
 * one for its way to a runner and one for each lease it ran under.
 */
import { createHash } from 'node:crypto';

export interface Span {
  /** What makes its trace: all spans of a job share one. */
  readonly job: string;
  readonly name: string;
  /** Distinguishes spans of one name within a job. */
  readonly of?: string;
  /** The span above it, by name; none for the job's own. */
  readonly within?: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly ok: boolean;
  readonly message?: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface TracesOptions {
  /** Base address as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly controller: string;
  readonly version: string;
  readonly onFailure: (message: string) => void;
}

const MOST_WAITING = 4096;
const MOST_SENT = 512;
const DELAY_MS = 1000;
const TIMEOUT_MS = 10_000;

export class Traces {
  readonly #options: TracesOptions;
  readonly #address: string;
  #waiting: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failed = false;
  /** Spans given up because the endpoint takes none. */
  dropped = 0;

  constructor(options: TracesOptions) {
    this.#options = options;
    this.#address = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  }

  add(span: Span): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(span);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS).unref();
  }

  /** Sends what waits; a failure is told once, and what could not be sent is dropped. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#sending;
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, MOST_SENT);
      this.#sending = this.#send(spans);
      await this.#sending;
    }
    this.#sending = undefined;
  }

  async #send(spans: readonly Span[]): Promise<void> {
    try {
      const answer = await fetch(this.#address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...this.#options.headers },
        body: JSON.stringify(requestOf(spans, this.#options)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      this.#failed = false;
    } catch (error) {
      this.dropped += spans.length;
      if (this.#failed) return;
      this.#failed = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onFailure(`traces can't be sent to ${this.#address}: ${why}`);
    }
  }
}

/** ExportTraceServiceRequest. Ids follow from the job, so that a restarted controller adds to the same trace. */
export function requestOf(
  spans: readonly Span[],
  { controller, version }: Pick<TracesOptions, 'controller' | 'version'>,
): object {
  const resource = attributesOf({
    'service.name': 'bit-mesh-controller',
    'service.version': version,
    'service.instance.id': controller,
  });
  return {
    resourceSpans: [
      {
        resource: { attributes: resource },
        scopeSpans: [{ scope: { name: 'bithub.mesh', version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({ job, name, of, within, start, end, ok, message, attributes }: Span): object {
  return {
    traceId: idOf(job, 32),
    spanId: idOf(`${job} ${name} ${of ?? ''}`, 16),
    ...(within === undefined ? {} : { parentSpanId: idOf(`${job} ${within} `, 16) }),
    name,
    kind: within === undefined ? 2 : 1,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf({ 'bithub.job.id': job, ...attributes }),
    status: ok ? { code: 1 } : { code: 2, ...(message === undefined ? {} : { message }) },
  };
}

function idOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

function nanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1000)) * 1000n}`;
}

function attributesOf(values: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : typeof value === 'boolean'
          ? { boolValue: value }
          : Number.isInteger(value)
            ? { intValue: String(value) }
            : { doubleValue: value },
  }));
}
