import { Menu as Base } from "@base-ui/react/menu";
import { Ellipsis } from "lucide-react";
import type { ActionMenuProps } from "./action-menu.tsx";

export default function Menu({ label, items }: ActionMenuProps) {
  return (
    <Base.Root>
      <Base.Trigger className="icon" aria-label={label}>
        <Ellipsis aria-hidden size={18} />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="positioner" align="end" sideOffset={4}>
          <Base.Popup className="menu">
            {items.map(({ label: text, danger = false, onSelect }) => (
              <Base.Item key={text} className={danger ? "danger" : ""} onClick={onSelect}>
                {text}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
