/** What the `Keyward` of the application is injected by: `@Inject(KEYWARD) kw: Keyward`. */
export const KEYWARD: unique symbol = Symbol.for("keyward: KeywardModule.forRoot() provides it") as never;
