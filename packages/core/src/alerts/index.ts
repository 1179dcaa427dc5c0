export { watchKeys, type AlertOptions, type Alerts } from "./watch-keys.ts";
export type { Alert } from "./alert.ts";
export type { WebhookOptions } from "./webhook.ts";
