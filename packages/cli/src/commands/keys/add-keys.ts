import type { Command } from "commander";
import type { Terminal } from "../../terminal/terminal.ts";
import { addCreate } from "./create.ts";
import { addIdentify } from "./identify.ts";
import { addLimits } from "./limits.ts";
import { addList } from "./list.ts";
import { addPause, addResume } from "./pause.ts";
import { addRevoke } from "./revoke.ts";
import { addRotate } from "./rotate.ts";
import { addShow } from "./show.ts";
import { addUpdate } from "./update.ts";

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("create, list, change, pause, rotate and revoke API keys");
  addCreate(keys, terminal);
  addList(keys, terminal);
  addShow(keys, terminal);
  addIdentify(keys, terminal);
  addUpdate(keys, terminal);
  addPause(keys, terminal);
  addResume(keys, terminal);
  addRevoke(keys, terminal);
  addRotate(keys, terminal);
  addLimits(keys, terminal);
}
