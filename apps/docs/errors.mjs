// A page for each code of a KeywardError. The test holds it against the codes that there are.
export const ERRORS = {
  "invalid-option": {
    meaning:
      "An option of `createKeyward`, a store, a limiter or a mount is wrong. It is thrown at start, before anything is served.",
    example:
      "plans.default.burst: got 100, wants at least the rate, 200: a second at the sustained rate must fit in a burst.",
    fix: "The message names the option, what it got and what it wants. An option that does not exist is a mistake too, so that a misspelt one is not silently ignored.",
  },
  "invalid-input": {
    meaning: "What a call was given is wrong: a name, a scope, an expiry, a cost. Nothing was changed.",
    example: 'name: got "", wants text of 1 to 200 characters without control characters.',
    fix: "`error.field` says which field it is, for a form to show it there.",
  },
  "key-not-found": {
    meaning: "There is no key of that id in this store.",
    example: 'There is no key with the id "key_0Vb".',
    fix: "Ids are those of records (`key_…`), not the masked form, whose tail is only a label. `kw.keys.identify(raw)` finds the record of a key that you hold.",
  },
  "key-revoked": {
    meaning: "The key is revoked. No call brings it back, and none changes it.",
    example: "Key key_0Vb is revoked, which cannot be undone.",
    fix: "Create another key.",
  },
  "key-conflict": {
    meaning: "Somebody else replaced the key first, it has expired, or the same key was imported before.",
    example: "Key key_0Vb was already replaced, by key_0Vc.",
    fix: "Look at the key again. Of two who regenerate or rotate it at once one wins, and the other gets this. An expired key is replaced after it was given a later expiry.",
  },
  "key-changed": {
    meaning:
      "An update named the revision that it was meant for (`ifRevision`), and somebody else changed the key since.",
    example: "Key key_0Vb was changed by somebody else: it is of revision 3, not 2.",
    fix: "Read the key, show what is different, and decide again.",
  },
  "already-created": {
    meaning:
      "A request with the same `idempotencyKey` has made a key before. Its secret was shown then, and never will be again.",
    example:
      "This request has made key key_0Vb before, and its secret was shown then. Regenerate it if it was lost.",
    fix: "`error.keyId` says which key. If its secret never arrived, regenerate it.",
  },
  "store-unavailable": {
    meaning:
      "The database did not answer, or not in time; or its driver is not installed. What is safe to do again was done again before you see this.",
    example: "The key store keyward at db:5432 did not answer: connect ECONNREFUSED.",
    fix: "Try again. Where PostgreSQL went away in the middle of a commit and could not be asked what became of it, the message says so: look before you do it again. Requests of cached keys go on; those of others are answered [`key-store-unavailable`](/generated/problems/key-store-unavailable). `keyward doctor` tells what is wrong.",
  },
  "store-corrupt": {
    meaning: "The file is damaged, or is no SQLite database, or none of Keyward's. It was left as it was.",
    example: "The key store keyward.db is not a SQLite database, or is damaged.",
    fix: "Restore a [backup](/production/databases). Nothing is repaired behind your back.",
  },
  "store-read-only": {
    meaning: "The file, its folder or the role of the database may not be written to.",
    example:
      "The key store keyward.db cannot be written: its permissions or its file system make it read-only.",
    fix: "SQLite writes beside its file: the folder has to be writable too. In PostgreSQL the role needs select, insert, update and delete on the tables, and `create` only where they are made.",
  },
  "store-full": {
    meaning: "The disk or the quota is full. Nothing was changed, and no key was shown.",
    example: "The key store keyward.db could not be written: the disk is full.",
    fix: "Make room. Keys that exist go on working.",
  },
  "store-schema-newer": {
    meaning: "A newer release has migrated the database. It was left as it was.",
    example:
      "keyward.db was migrated by a newer release of Keyward (0004-something). Run that release, or restore a copy from before it. Nothing was changed.",
    fix: "Run that release, or a later one. [Upgrades](/production/databases#upgrades) says what holds while both run.",
  },
  "limiter-full": {
    meaning:
      "The memory limiter holds `maxSubjects` keys that each still owe something, and will not forget one: that would let it start afresh.",
    example: "The memory limiter holds 1000000 subjects and each still owes. Raise maxSubjects.",
    fix: "Raise `maxSubjects` (a subject takes a few hundred bytes), or count in [Redis](/production/redis).",
  },
  "limiter-unavailable": {
    meaning: 'Redis cannot be asked, and `onUnavailable` is `"refuse"`.',
    example: 'Redis cannot be asked, and onUnavailable is "refuse".',
    fix: 'Requests are answered [`limiter-unavailable`](/generated/problems/limiter-unavailable). With `"local"`, the default, they would be counted in the process. [Redis and its failures](/production/redis).',
  },
};
