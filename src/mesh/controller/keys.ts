/** Whose keys may speak to the mesh: runners keep the key they came with first, clients are the owner and whom he trusts. */
import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { type Hello, refusal } from '../channel/index.ts';

export interface KeyRules {
  /** Keys that may ask: the owner's, those named at the start. */
  readonly clients: ReadonlySet<string>;
  /** The accepted signers, as of now; undefined where the repository names none. */
  readonly signers: ((publicKey: string) => boolean) | undefined;
  readonly revoked: ReadonlySet<string>;
}

export class KeyBook {
  readonly #path: string;
  readonly #read: () => Promise<KeyRules>;
  readonly #pinned: Map<string, string>;
  #rules: KeyRules = { clients: new Set(), signers: undefined, revoked: new Set() };

  constructor(options: { readonly directory: string; readonly read: () => Promise<KeyRules> }) {
    this.#path = join(options.directory, 'runners.json');
    this.#read = options.read;
    this.#pinned = readPins(this.#path);
  }

  /** True where somebody's key was revoked since. */
  async refresh(): Promise<boolean> {
    const before = this.#rules.revoked.size;
    this.#rules = await this.#read();
    return this.#rules.revoked.size !== before;
  }

  revoked(publicKey: string): boolean {
    return this.#rules.revoked.has(publicKey);
  }

  /**
   * The last word on HELLO.
   *
   * @throws a refusal
   */
  admit({ runner_id: id, public_key: key, role }: Hello): void {
    const { clients, signers } = this.#rules;
    if (role === 'client') {
      if (clients.has(key) || signers?.(key) === true) return;
      throw refusal(
        'forbidden',
        `${key} may not ask this mesh; its owner can let it: bit mesh serve --client ${key}`,
        {
          field: '/public_key',
        },
      );
    }
    if (signers !== undefined && !clients.has(key) && !signers(key))
      throw refusal('forbidden', `${key} is none of the signers this mesh trusts: bit key trust ${key}`, {
        field: '/public_key',
      });
    const pinned = this.#pinned.get(id);
    if (pinned === key) return;
    if (pinned !== undefined && !this.revoked(pinned))
      throw refusal(
        'forbidden',
        `${id} came with another key before; revoke that one first: bit key revoke ${pinned}`,
        {
          field: '/public_key',
        },
      );
    this.#pinned.set(id, key);
    writeFileAtomic(this.#path, `${JSON.stringify(Object.fromEntries(this.#pinned), undefined, 2)}\n`);
  }
}

function readPins(path: string): Map<string, string> {
  const text = readTextIfExists(path);
  if (text === undefined) return new Map();
  const value: unknown = JSON.parse(text);
  const pairs = isJsonObject(value) ? Object.entries(value) : [];
  return new Map(pairs.flatMap(([id, key]) => (typeof key === 'string' ? [[id, key] as const] : [])));
}
