/** The injection token of the application's Keyward: `@Inject(KEYWARD) kw: Keyward`. */
export const KEYWARD: unique symbol = Symbol.for("keyward: KeywardModule.forRoot() provides it") as never;

/** The injection token of the options that apply to all handlers. */
export const DEFAULTS: unique symbol = Symbol.for("keyward: defaults of KeywardModule") as never;
