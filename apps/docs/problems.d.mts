/** A problem of the admin API, as its page tells of it. */
interface AdminProblem {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly fix: string;
}

export const ADMIN_PROBLEMS: Readonly<Record<string, AdminProblem>>;
