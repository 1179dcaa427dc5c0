export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly rule: { readonly name: string; readonly instead: string };
  readonly match: string;
  readonly sentence: string;
}

export function findProse(
  root: string,
  paths: readonly string[],
  allowList: string,
): { problems: Problem[]; unused: string[] };

export function problemsOf(path: string, source: string): Problem[];
