export {
  isLocal,
  type Charge,
  type Correction,
  type CountJournal,
  type GroupResult,
  type Limiter,
  type LimiterStatus,
  type LimiterStatusChange,
  type LimitResult,
  type LocalLimiter,
  type PeriodCount,
} from "./limiter.ts";
