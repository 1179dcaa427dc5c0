import type { StoredAuditEvent, UnsignedAuditEvent } from "./audit-event.ts";

/** A place in the chain of audit events. The MAC covers the event at this place and everything before it. */
export interface AuditHead {
  /** 1 for the first event, then 1 more for each. */
  readonly sequence: number;
  readonly mac: string;
}

/** The place alone, of something that has one. */
export function headOf({ sequence, mac }: AuditHead): AuditHead {
  return { sequence, mac };
}

/** The position up to which retention deleted all events. */
export interface AuditCheckpoint extends AuditHead {
  /** Time of creation, in milliseconds since the epoch. */
  readonly at: number;
  /** A MAC of the other fields: only a process that has the secret can make a checkpoint. */
  readonly signature: string;
}

/** An event with its place in the chain. */
export interface LinkedAuditEvent {
  readonly event: StoredAuditEvent;
  readonly link: AuditHead;
}

/**
 * Makes and checks the MACs of audit events. The MAC of a place in the chain covers the MAC of the event and that of the place
 * before, so that no event can be edited, removed, inserted or moved by anyone who lacks the secret.
 */
export interface AuditChain {
  macOf(event: UnsignedAuditEvent): string;
  /** True if a process that has the secret, or an earlier one, made the event. */
  isGenuine(event: StoredAuditEvent): boolean;
  /** The place of an event after `previous`; `undefined` for the first. */
  linkAfter(previous: AuditHead | undefined, event: StoredAuditEvent): AuditHead;
  /** True if an event was placed there after `previous`. */
  isLinked(previous: AuditHead | undefined, linked: LinkedAuditEvent): boolean;
  checkpointAt(head: AuditHead, at: number): AuditCheckpoint;
  isCheckpoint(checkpoint: AuditCheckpoint): boolean;
}

/** Makes MACs under the newest secret, and accepts those under any. */
export interface AuditMacs {
  auditMac(text: string): string;
  isAuditMac(text: string, mac: string): boolean;
}

function eventText({ id, at, action, keyId, ownerId, actor, level, address, details }: UnsignedAuditEvent) {
  return JSON.stringify(["event", id, at, action, keyId, ownerId, actor, level, address, details]);
}

function linkText(sequence: number, previous: AuditHead | undefined, { mac }: StoredAuditEvent): string {
  return JSON.stringify(["link", sequence, previous?.mac ?? "", mac]);
}

function checkpointText({ sequence, mac, at }: Omit<AuditCheckpoint, "signature">): string {
  return JSON.stringify(["checkpoint", sequence, mac, at]);
}

export function createAuditChain(macs: AuditMacs): AuditChain {
  return {
    macOf: (event) => macs.auditMac(eventText(event)),
    isGenuine: (event) => macs.isAuditMac(eventText(event), event.mac),
    linkAfter(previous, event) {
      const sequence = (previous?.sequence ?? 0) + 1;
      return { sequence, mac: macs.auditMac(linkText(sequence, previous, event)) };
    },
    isLinked: (previous, { event, link }) =>
      link.sequence === (previous?.sequence ?? 0) + 1 &&
      macs.isAuditMac(linkText(link.sequence, previous, event), link.mac),
    checkpointAt({ sequence, mac }, at) {
      const checkpoint = { sequence, mac, at };
      return { ...checkpoint, signature: macs.auditMac(checkpointText(checkpoint)) };
    },
    isCheckpoint: (checkpoint) => macs.isAuditMac(checkpointText(checkpoint), checkpoint.signature),
  };
}
