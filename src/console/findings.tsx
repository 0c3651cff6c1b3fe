/** What a check found, in the reader's language. */
import type { CheckFinding } from '../contract/check.ts';
import { type Reader, tell } from './reader.ts';

/** A list; a sentence first when nothing in it has to be mended. */
export function Findings({ reader, findings }: { reader: Reader; findings: readonly CheckFinding[] }) {
  const isFine = findings.every(({ level }) => level === 'note');
  return (
    <>
      {isFine && <p class="good">{tell(reader, 'checkedFine')}</p>}
      <ul class="findings">
        {findings.map((finding) => (
          <li class={finding.level}>
            {finding.path !== '' && !finding[reader.language].startsWith(finding.path) && <code>{finding.path}</code>}{' '}
            {finding[reader.language]}
            {finding.advice[reader.language] !== '' && <div class="quiet">{finding.advice[reader.language]}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}
