import { Ellipsis } from "lucide-react";
import { lazy, Suspense } from "react";

// Menus are loaded after the list is shown.
const Menu = lazy(() => import("./menu.tsx"));

export interface MenuItem {
  readonly label: string;
  readonly danger?: boolean;
  readonly onSelect: () => void;
}

export interface ActionMenuProps {
  /** The accessible name of the button, such as `Actions for billing`. */
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** A button with three dots that opens a menu of actions. Renders nothing without actions. */
export function ActionMenu({ label, items }: ActionMenuProps) {
  if (items.length === 0) return null;
  return (
    <Suspense
      fallback={
        <button type="button" className="icon" aria-label={label} disabled>
          <Ellipsis aria-hidden size={18} />
        </button>
      }
    >
      <Menu label={label} items={items} />
    </Suspense>
  );
}
