import type { Command } from "commander";
import type { Terminal } from "../../terminal/terminal.ts";
import { addOwnerLimits } from "./limits.ts";
import { addListOwners } from "./list.ts";
import { addPauseOwner, addResumeOwner } from "./pause.ts";
import { addShowOwner } from "./show.ts";
import { addUpdateOwner } from "./update.ts";

export function addOwners(program: Command, terminal: Terminal): void {
  const owners = program.command("owners").description("list, change, pause and limit the owners of keys");
  addListOwners(owners, terminal);
  addShowOwner(owners, terminal);
  addUpdateOwner(owners, terminal);
  addOwnerLimits(owners, terminal);
  addPauseOwner(owners, terminal);
  addResumeOwner(owners, terminal);
}
