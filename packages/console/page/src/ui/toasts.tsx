import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";

/** Shows a short message after an action. */
export function useToast(): (message: string) => void {
  const { add } = Toast.useToastManager();
  return (message) => void add({ title: message });
}

export function Toasts({ children }: { readonly children: ReactNode }) {
  return (
    <Toast.Provider>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast">
      {/* A message is not a heading of the page. */}
      <Toast.Title render={<p />} />
      <Toast.Close className="icon" aria-label="Dismiss">
        <X aria-hidden size={16} />
      </Toast.Close>
    </Toast.Root>
  ));
}
