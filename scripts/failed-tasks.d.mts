/** Extracts the errors of the failed tasks from the output of `turbo run --log-prefix=task`. */
export function extractFailures(turboOutput: string): string;
