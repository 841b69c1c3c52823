/**
 * Shapes: what a YAML document may hold, said once. From a shape come the TypeScript type ({@link ValueOf}), the
 * validator (`validate.ts`) and the published JSON Schema (`json-schema.ts`).
 */
import type { Json } from '../kernel/json.ts';

interface Said {
  /** One sentence for editors and the schema. */
  readonly about?: string;
}

export interface TextShape<Option extends string = string> extends Said {
  readonly kind: 'text';
  readonly options?: readonly Option[];
  readonly pattern?: RegExp;
  /** What the pattern wants, in words. */
  readonly wanted?: string;
  /** UTF-16 units; default 4096. */
  readonly most?: number;
  readonly lines?: boolean;
}
export interface NumberShape extends Said {
  readonly kind: 'number';
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}
export interface BooleanShape extends Said {
  readonly kind: 'boolean';
}
export interface ListShape<Of extends Shape = Shape> extends Said {
  readonly kind: 'list';
  readonly of: Of;
  readonly least?: number;
  readonly most?: number;
}
/** Names of the user's own, each with a value of one shape. */
export interface MapShape<Of extends Shape = Shape> extends Said {
  readonly kind: 'map';
  readonly of: Of;
  readonly names?: RegExp;
  readonly wanted?: string;
}
export type Members = Readonly<Record<string, Shape>>;
export interface ObjectShape<Of extends Members = Members, Required extends string = string> extends Said {
  readonly kind: 'object';
  readonly members: Of;
  readonly required?: readonly Required[];
  /** Exactly one of these stands. */
  readonly oneOf?: readonly string[];
  /** Takes the user's own keys too, unless one is nearly a known one. */
  readonly open?: boolean;
}
/** The first whose kind of node fits. */
export interface EitherShape<Of extends readonly Shape[] = readonly Shape[]> extends Said {
  readonly kind: 'either';
  readonly of: Of;
}
/** Any JSON; a part of the program reads it by rules of its own. */
export interface AnyShape extends Said {
  readonly kind: 'any';
}

export type Shape =
  | TextShape
  | NumberShape
  | BooleanShape
  | ListShape
  | MapShape
  | ObjectShape
  | EitherShape
  | AnyShape;

export type ValueOf<S> =
  S extends TextShape<infer Option>
    ? Option
    : S extends NumberShape
      ? number
      : S extends BooleanShape
        ? boolean
        : S extends ListShape<infer Of>
          ? readonly ValueOf<Of>[]
          : S extends MapShape<infer Of>
            ? Readonly<Record<string, ValueOf<Of>>>
            : S extends ObjectShape<infer Of, infer Required>
              ? { readonly [Key in keyof Of & Required]: ValueOf<Of[Key]> } & {
                  readonly [Key in Exclude<keyof Of, Required>]?: ValueOf<Of[Key]>;
                }
              : S extends EitherShape<infer Of>
                ? ValueOf<Of[number]>
                : Json;

type Options<S> = Omit<S, 'kind' | 'about'>;

export function text(about?: string, options: Omit<Options<TextShape>, 'options'> = {}): TextShape {
  return { kind: 'text', ...said(about), ...options };
}

export function choice<const Option extends string>(
  options: readonly Option[],
  about?: string,
): TextShape<Option> {
  return { kind: 'text', options, ...said(about) };
}

export function whole(least: number, most: number, about?: string): NumberShape {
  return { kind: 'number', least, most, whole: true, ...said(about) };
}

export function number(least: number, most: number, about?: string): NumberShape {
  return { kind: 'number', least, most, whole: false, ...said(about) };
}

export function flag(about?: string): BooleanShape {
  return { kind: 'boolean', ...said(about) };
}

export function list<Of extends Shape>(
  of: Of,
  about?: string,
  bounds: { readonly least?: number; readonly most?: number } = {},
): ListShape<Of> {
  return { kind: 'list', of, ...bounds, ...said(about) };
}

export function map<Of extends Shape>(
  of: Of,
  about?: string,
  names: { readonly names?: RegExp; readonly wanted?: string } = {},
): MapShape<Of> {
  return { kind: 'map', of, ...names, ...said(about) };
}

interface ObjectOptions<Of extends Members> {
  readonly oneOf?: readonly (keyof Of & string)[];
  readonly open?: boolean;
}

export function object<Of extends Members, const Required extends keyof Of & string>(
  about: string | undefined,
  members: Of,
  options: ObjectOptions<Of> & { readonly required: readonly Required[] },
): ObjectShape<Of, Required>;
export function object<Of extends Members>(
  about: string | undefined,
  members: Of,
  options?: ObjectOptions<Of>,
): ObjectShape<Of, never>;
export function object(
  about: string | undefined,
  members: Members,
  options: ObjectOptions<Members> & { readonly required?: readonly string[] } = {},
): ObjectShape {
  return { kind: 'object', members, ...said(about), ...options };
}

export function either<const Of extends readonly Shape[]>(of: Of, about?: string): EitherShape<Of> {
  return { kind: 'either', of, ...said(about) };
}

export function any(about?: string): AnyShape {
  return { kind: 'any', ...said(about) };
}

function said(about: string | undefined): Said {
  return about === undefined ? {} : { about };
}
