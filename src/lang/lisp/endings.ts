/** How a program ends otherwise than by its value. */
import { CONDITION, Instance, type Value } from './data.ts';
import { describe, print } from './print.ts';

/** A program that ran out of what it was given, or was told to end. It can't be caught by the program. */
export class Stopped extends Error {}

/** `exit`: the program ends here, by its own wish. */
export class Exited extends Error {
  readonly status: number;

  constructor(status: number) {
    super('exit');
    this.status = status;
  }
}

/** What the program raised and did not catch. */
export class Uncaught extends Error {
  readonly payload: Value;

  constructor(payload: Value) {
    super(
      payload instanceof Instance && payload.type === CONDITION
        ? describe(payload)
        : `raised ${print(payload, true).slice(0, 500)}`,
    );
    this.payload = payload;
  }
}
