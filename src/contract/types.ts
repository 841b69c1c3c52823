/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic extends Place {
  readonly severity: 'error' | 'warning';
  /** Stable: `syntax`, `unknown-key`, `unknown-section`, `bad-value`, `duplicate`, `missing`, `too-large`. */
  readonly code: string;
  readonly message: string;
}

export interface Field {
  readonly key: string;
  readonly value: string;
  readonly at: Place;
  readonly valueAt: Place;
}

export interface Section {
  readonly name: string;
  /** What stands after the name, in the brackets. */
  readonly label: string;
  readonly at: Place;
  readonly fields: readonly Field[];
}

/** A text as its grammar has it, whatever the words mean. */
export interface Document {
  readonly fields: readonly Field[];
  readonly sections: readonly Section[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Whom a contract binds. */
export type Scope =
  | { readonly kind: 'repo' }
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'user'; readonly name: string };

/** What a section's rule is about; an empty list is any. */
export interface Selector {
  readonly actions: readonly string[];
  readonly branches: readonly string[];
  readonly workflows: readonly string[];
  readonly users: readonly string[];
  /** Undefined: forced or not. */
  readonly force: boolean | undefined;
}

/** One thing a contract asks. */
export type Clause = { readonly line: number; readonly asks: string } & (
  | { readonly kind: 'flag'; readonly key: FlagKey; readonly value: string }
  | { readonly kind: 'deny'; readonly selector: Selector; readonly message: string }
  | {
      readonly kind: 'require';
      readonly selector: Selector;
      readonly access: boolean;
      readonly signed: boolean;
      readonly token: boolean;
      readonly message: string;
    }
  | {
      readonly kind: 'approval';
      readonly selector: Selector;
      readonly needs: number;
      /** Principals or public keys; empty: every trusted signer. */
      readonly of: readonly string[];
      readonly own: boolean;
      readonly message: string;
    }
);

export type FlagKey = 'BLOCKCHAIN_SECURITY' | 'DATA_TRAFFIC_POLICY' | 'WORKFLOW_ENGINE' | 'PRIVACY';

export interface Contract {
  readonly name: string;
  readonly scope: Scope;
  readonly clauses: readonly Clause[];
  /** Every header field as written, for policies to read. */
  readonly header: Readonly<Record<string, string>>;
}
