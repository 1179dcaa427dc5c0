/** The path of an installed program. Of PostgreSQL's programs, those of the newest release. */
export function findProgram(name: string): string | undefined;
