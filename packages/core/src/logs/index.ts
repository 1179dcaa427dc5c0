export { writeLogs, type LogOptions, type LogRecord } from "./write-logs.ts";
