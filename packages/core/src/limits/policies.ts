import { QUOTA_NAMES, type Policy } from "./limits.ts";

const QUOTA = new RegExp(`(?:^|-)(?:${QUOTA_NAMES.join("|")})$`);

/** True for the policies of calendar quotas, such as `daily` and `owner-monthly`; false for `sustained`, `burst` and the like. */
export function isQuotaPolicy(policy: Policy): boolean {
  return QUOTA.test(policy);
}
