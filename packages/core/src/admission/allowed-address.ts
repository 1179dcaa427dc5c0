import type { Refusal } from "./refusal.ts";
import type { AddressList } from "../addresses/address-list.ts";

/** Refuses an address that is not in each of the lists. The lists are not revealed. */
export function checkAddress(lists: readonly AddressList[], address: string): Refusal | undefined {
  return lists.every((list) => list.includes(address)) ? undefined : { code: "address-not-allowed" };
}
