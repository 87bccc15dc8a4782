/** What is wrong in a dashboard's file, with the place; the rest of it is shown. */
export interface Fault {
  readonly file: string;
  readonly line: number | null;
  readonly key: string;
  readonly text: string;
}

export function Faults({ faults }: { faults: readonly Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <ul class="note caution">
      {faults.map((fault) => (
        <li key={`${fault.file} ${fault.line} ${fault.key} ${fault.text}`}>
          <span class="mono">
            {fault.file}
            {fault.line === null ? '' : `:${fault.line}`}
          </span>
          : {fault.key} {fault.text}
        </li>
      ))}
    </ul>
  );
}
