/** The names that the options of a Keyward define. As types, so that a typo in one does not compile. */
export interface Names {
  readonly plan: string;
  readonly scope: string;
  readonly budget: string;
}

/** The names in options of `createKeyward`. Any name, where the options are not known when the program is compiled. */
export interface NamesOf<Options = unknown> extends Names {
  readonly plan: "default" | KeysOf<Field<Options, "plans">>;
  readonly scope: ScopesOf<Field<Options, "scopes">>;
  readonly budget: BudgetsOf<Field<Options, "plans">>;
}

/** A scope in a key: one of the server's, or a wildcard. */
export type ScopeGrant<Scope extends string> = Scope | `${string}:*` | `keyward:${string}`;

type Field<Options, Name extends string> = Name extends keyof Options ? NonNullable<Options[Name]> : never;

type KeysOf<Value> = [Value] extends [never] ? never : keyof Value & string;

/** Without a catalogue, any scope. */
type ScopesOf<Catalogue> = [Catalogue] extends [never] ? string : keyof Catalogue & string;

type BudgetsOf<Plans> = [Plans] extends [never]
  ? never
  : { [Plan in keyof Plans]-?: KeysOf<Field<Plans[Plan], "budgets">> }[keyof Plans];
