/** Said when two people change one key at once. */
export function Conflict({ shown }: { readonly shown: boolean }) {
  return (
    <div role="alert">
      {shown && (
        <p className="notice warn">
          Somebody else changed this key in the meantime. The page behind shows what it is now; what you
          entered is still here. Save again to put it in place of theirs, or cancel.
        </p>
      )}
    </div>
  );
}
