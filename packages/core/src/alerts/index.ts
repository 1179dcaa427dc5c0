export { watchKeys, type AlertOptions, type Alerts } from "./watch-keys.ts";
export type { Alert, AlertKey, AlertType } from "./alert.ts";
export type { Spike } from "./watch-failures.ts";
export type { WebhookOptions } from "./webhook.ts";
