import { z } from "@hono/zod-openapi";
import { Time } from "./text.ts";

const Limit = z.int().min(1).max(1_000_000_000);
const MonthDay = z.int().min(1).max(28);
const Unit = z.enum(["second", "minute", "hour"]);

const DESCRIPTIONS = {
  rate: "Requests per `per`, sustained.",
  per: "The unit of `rate` and `burst`. Default: `second`.",
  burst: "Most requests in any sliding window of one `per`; at least `rate`. Default: `rate`.",
  hourly: "Requests per calendar hour.",
  daily: "Requests per calendar day.",
  weekly: "Requests per calendar week, Monday to Sunday.",
  monthly: "Requests per calendar month, or per billing month.",
  timeZone: "IANA time zone of the quotas. Default: `UTC`.",
  monthStartsOn: "The day on which a month begins. Default: 1.",
};

const FIELDS = {
  rate: Limit.openapi({ description: DESCRIPTIONS.rate }),
  per: Unit.openapi({ description: DESCRIPTIONS.per }),
  burst: Limit.openapi({ description: DESCRIPTIONS.burst }),
  hourly: Limit.openapi({ description: DESCRIPTIONS.hourly }),
  daily: Limit.openapi({ description: DESCRIPTIONS.daily }),
  weekly: Limit.openapi({ description: DESCRIPTIONS.weekly }),
  monthly: Limit.openapi({ description: DESCRIPTIONS.monthly }),
  timeZone: z.string().openapi({ description: DESCRIPTIONS.timeZone }),
  monthStartsOn: MonthDay.openapi({ description: DESCRIPTIONS.monthStartsOn }),
};

const LimitFields = z.object(FIELDS).partial();

export const LimitsSchema = LimitFields.openapi("Limits");

export const OwnLimitsSchema = z
  .strictObject({
    rate: FIELDS.rate.nullable().optional(),
    per: FIELDS.per.nullable().optional(),
    burst: FIELDS.burst.nullable().optional(),
    hourly: FIELDS.hourly.nullable().optional(),
    daily: FIELDS.daily.nullable().optional(),
    weekly: FIELDS.weekly.nullable().optional(),
    monthly: FIELDS.monthly.nullable().optional(),
    timeZone: FIELDS.timeZone.nullable().optional(),
    monthStartsOn: FIELDS.monthStartsOn.nullable().optional(),
    until: Time.optional().openapi({ description: "When these limits expire. Default: never." }),
  })
  .openapi("OwnLimits", {
    description:
      "Limits that override the plan's: `rate`, `per` and `burst` together, every other field separately. `null` removes a limit.",
  });

export const QuotaSchema = z
  .object({
    limits: LimitFields.extend({
      owner: LimitsSchema.optional(),
      budgets: z.record(z.string(), LimitsSchema).optional(),
    }).openapi({ description: "The effective limits: of the key, of its owner, and by budget." }),
    remaining: z
      .record(z.string(), z.int())
      .openapi({ description: "Requests that each policy would admit now." }),
    resetMs: z
      .record(z.string(), z.number())
      .openapi({ description: "Milliseconds until each policy is whole again if no other request arrives." }),
  })
  .openapi("Quota");
