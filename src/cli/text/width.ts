/** How many columns a text takes on a terminal, where a Chinese character takes two; and texts made to fit. */

/** Wide and full-width characters (https://www.unicode.org/reports/tr11/) of East Asian writing, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ofNoWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

const charactersOf = (text: string): string[] => [...graphemes.segment(text)].map(({ segment }) => segment);

const widthOf = (character: string): number => (ofNoWidth.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** Of a text without colours. */
export const textWidth = (text: string): number =>
  charactersOf(text).reduce((width, character) => width + widthOf(character), 0);

/** Broken into lines of at most `width` columns: at a blank where there is one near, else between two characters. */
export function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrappedLine(line, Math.max(2, width)));
}

function wrappedLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const character of charactersOf(text)) {
    const more = widthOf(character);
    if (taken + more > width) {
      const blank = line.lastIndexOf(' ');
      // A break that leaves most of the line empty would be worse than one within a word.
      const isNear = blank > 0 && textWidth(line.slice(0, blank)) >= width / 2;
      const rest = character === ' ' ? '' : isNear ? line.slice(blank + 1) : '';
      lines.push(isNear && character !== ' ' ? line.slice(0, blank) : line);
      line = rest;
      taken = textWidth(rest);
      if (character === ' ') continue;
    }
    line += character;
    taken += more;
  }
  return [...lines, line];
}

/** The text, or as much of its beginning as fits with an ellipsis behind it. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let taken = 0;
  for (const character of charactersOf(text)) {
    taken += widthOf(character);
    if (taken > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
