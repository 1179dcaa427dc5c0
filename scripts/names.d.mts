export function findNames(sources: ReadonlyMap<string, string>): string[];
