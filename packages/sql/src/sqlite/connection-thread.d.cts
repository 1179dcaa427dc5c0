/** The text of the thread's program. */
declare const source: string;
export = source;
