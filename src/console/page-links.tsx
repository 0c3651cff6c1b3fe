/** The way from page to page below a long list. */
import { type Reader, tell } from './reader.ts';

interface PageLinksProps {
  reader: Reader;
  /** From 1. */
  page: number;
  pages: number;
  /** The address of a page. */
  at(page: number): string;
}

/** Nothing where there is one page, or none. */
export function PageLinks({ reader, page, pages, at }: PageLinksProps) {
  if (pages <= 1) return null;
  return (
    <p class="pages">
      {page > 1 && (
        <a rel="prev" href={at(page - 1)}>
          {tell(reader, 'previousPage')}
        </a>
      )}{' '}
      {page} / {pages}{' '}
      {page < pages && (
        <a rel="next" href={at(page + 1)}>
          {tell(reader, 'nextPage')}
        </a>
      )}
    </p>
  );
}
