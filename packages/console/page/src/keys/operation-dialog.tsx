import { useQueryClient } from "@tanstack/react-query";
import { api, dataOf, type ApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { useToast } from "../ui/toasts.tsx";
import { EditKeyDialog } from "./edit-key-dialog.tsx";
import type { KeyOperation } from "./key-operations.ts";
import { LastUse } from "./last-use.tsx";
import { PauseDialog } from "./pause-dialog.tsx";
import { RenewDialog } from "./renew-dialog.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";

interface OperationDialogProps {
  readonly apiKey: ApiKey;
  readonly operation: KeyOperation;
  readonly onClose: () => void;
}

/** The dialog of an operation on one key. */
export function OperationDialog({ apiKey, operation, onClose }: OperationDialogProps) {
  const queries = useQueryClient();
  const toast = useToast();
  const { id, name, masked } = apiKey;
  const params = { path: { id } };

  async function finish(message: string) {
    toast(message);
    await refreshAll(queries);
  }

  switch (operation) {
    case "edit":
      return <EditKeyDialog apiKey={apiKey} onClose={onClose} />;
    case "renew":
      return <RenewDialog apiKey={apiKey} onClose={onClose} />;
    case "rotate":
      return <RotateDialog apiKey={apiKey} onClose={onClose} />;
    case "pause":
      return (
        <PauseDialog
          title={`Pause ${name}?`}
          description="Requests with this key are refused until it is resumed."
          perform={async (body) => {
            await dataOf(api.POST("/api-keys/{id}/pause", { params, body }));
            await finish(`Paused ${name}`);
          }}
          onClose={onClose}
        />
      );
    case "resume":
      return (
        <ConfirmDialog
          title={`Resume ${name}?`}
          action="Resume"
          perform={async () => {
            await dataOf(api.POST("/api-keys/{id}/resume", { params }));
            await finish(`Resumed ${name}`);
          }}
          onClose={onClose}
        >
          <p>Requests with this key are admitted again.</p>
        </ConfirmDialog>
      );
    case "reset":
      return (
        <ConfirmDialog
          title={`Reset the usage of ${name}?`}
          action="Reset limits"
          perform={async () => {
            await dataOf(api.POST("/api-keys/{id}/reset-limits", { params }));
            await finish(`Reset the limits of ${name}`);
          }}
          onClose={onClose}
        >
          <p>All quotas of this key start from zero. The usage history stays.</p>
        </ConfirmDialog>
      );
    default:
      return (
        <ConfirmDialog
          title={`Revoke ${name}?`}
          action="Revoke key"
          danger
          confirmText={name}
          perform={async () => {
            await dataOf(api.DELETE("/api-keys/{id}", { params }));
            await finish(`Revoked ${name}`);
          }}
          onClose={onClose}
        >
          <p>
            Requests with <code>{masked}</code> are refused immediately. This cannot be undone.
          </p>
          <LastUse apiKey={apiKey} />
        </ConfirmDialog>
      );
  }
}
