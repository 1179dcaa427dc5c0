import type { Command } from "commander";
import type { Terminal } from "../../terminal/terminal.ts";
import { addCreate } from "./create.ts";
import { addLimits } from "./limits.ts";
import { addList } from "./list.ts";
import { addRevoke } from "./revoke.ts";
import { addRotate } from "./rotate.ts";
import { addShow } from "./show.ts";

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("create, list, change, rotate and revoke API keys");
  addCreate(keys, terminal);
  addList(keys, terminal);
  addShow(keys, terminal);
  addRevoke(keys, terminal);
  addRotate(keys, terminal);
  addLimits(keys, terminal);
}
