/** The pages and dialogs that are loaded after the first page, together: one file is smaller than many. */
export { AuditPage } from "./audit/audit-page.tsx";
export { CreateKeyDialog } from "./keys/create-key-dialog.tsx";
export { KeyPage } from "./keys/key-page.tsx";
export { OperationDialog } from "./keys/operation-dialog.tsx";
export { RevealDialog } from "./keys/reveal-dialog.tsx";
export { OwnerPage } from "./owners/owner-page.tsx";
export { SessionsPage } from "./sessions-page.tsx";
export { OwnersPage } from "./owners/owners-page.tsx";
