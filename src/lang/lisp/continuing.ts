/** What a machine goes on with: the frames of its stack, and what is in force while they are there. */
import { fail, type Value } from './data.ts';
import type { Machine } from './machine.ts';
import type { Parameter } from './procedures.ts';

/** What goes on with a value. Never changed once it was pushed, so that a continuation may come back to it. */
export abstract class Continuing {
  abstract resume(machine: Machine): void;
}

/** One `dynamic-wind` that is in force. */
export interface Wind {
  readonly before: Value;
  readonly after: Value;
  readonly outer: Wind | undefined;
  readonly depth: number;
}

/** Handlers and parameters in force. */
export interface Dynamic {
  readonly handlers: Handler | undefined;
  readonly parameters: Bound | undefined;
}
export interface Handler {
  readonly call: Value;
  readonly outer: Handler | undefined;
}
export interface Bound {
  readonly parameter: Parameter;
  value: Value;
  readonly outer: Bound | undefined;
}

export class Travelling extends Continuing {
  readonly go: () => void;

  constructor(go: () => void) {
    super();
    this.go = go;
  }

  resume(): void {
    this.go();
  }
}

export class AfterHandler extends Continuing {
  readonly dynamic: Dynamic;
  readonly continuable: boolean;
  readonly payload: Value;

  constructor(dynamic: Dynamic, continuable: boolean, payload: Value) {
    super();
    this.dynamic = dynamic;
    this.continuable = continuable;
    this.payload = payload;
  }

  resume(machine: Machine): void {
    if (this.continuable) {
      machine.dynamic = this.dynamic;
      return;
    }
    // It returned from what nothing returns from: an error in the handler's own outside.
    fail('a handler returned from what was raised', this.payload);
  }
}

/** Puts handlers and parameters back when what ran under others is done. */
export class Restore extends Continuing {
  readonly dynamic: Dynamic;

  constructor(dynamic: Dynamic) {
    super();
    this.dynamic = dynamic;
  }

  resume(machine: Machine): void {
    machine.dynamic = this.dynamic;
  }
}

/** Goes on with the value by a function; it must not change anything of its own. */
export class Then extends Continuing {
  readonly go: (value: Value, machine: Machine) => void;

  constructor(go: (value: Value, machine: Machine) => void) {
    super();
    this.go = go;
  }

  resume(machine: Machine): void {
    this.go(machine.value, machine);
  }
}
