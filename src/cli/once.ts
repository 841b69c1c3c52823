export interface Once<Value> {
  (): Value;
  /** The value if it was made. */
  made(): Value | undefined;
  /** Makes it anew when it is asked for next. */
  forget(): void;
}

/** Made at first use. */
export function once<Value>(make: () => Value): Once<Value> {
  let made: { readonly value: Value } | undefined;
  const get = (): Value => {
    made ??= { value: make() };
    return made.value;
  };
  const forget = (): void => {
    made = undefined;
  };
  return Object.assign(get, { made: () => made?.value, forget });
}
