/** Reads a push body, JSON or XML, into plain data; whatever is not clean is refused. */
import { XMLParser } from 'fast-xml-parser';
import { parseJson } from '../json.ts';
import { PushRejected, type PushRejectedReason } from './rejected.ts';

/** How a body is written. */
export type PushFormat = 'json' | 'xml';

/** The fields of a body: for XML those under the root element, each a string, an object or, when repeated, an array. */
export interface PushTree {
  format: PushFormat;
  fields: Record<string, unknown>;
}

/**
 * Reads a body by its first non-blank character, since users met shop JSON with the Content-Type of XML and the reverse.
 * Throws `PushRejected` with the reason given for anything that is not one clean JSON object or XML element.
 */
export function readTree(text: string, reason: PushRejectedReason): PushTree {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return { format: 'json', fields: readJson(trimmed, reason) };
  if (trimmed.startsWith('<')) return { format: 'xml', fields: readXml(trimmed, reason) };
  throw new PushRejected(reason, 'neither a JSON object nor XML');
}

function readJson(text: string, reason: PushRejectedReason): Record<string, unknown> {
  try {
    const value = parseJson(text);
    if (isFields(value)) return value;
  } catch {
    // The parser's message quotes the body, which may hold what nobody should log.
  }
  throw new PushRejected(reason, 'not a JSON object');
}

function readXml(text: string, reason: PushRejectedReason): Record<string, unknown> {
  // Without CDATA no `<!` is left in what WeChat sends; a DOCTYPE or a comment around one is an attack or a mistake.
  if (text.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').includes('<!')) {
    throw new PushRejected(reason, 'XML with a DOCTYPE or a comment');
  }
  let document: unknown;
  try {
    // A parser per body: it keeps state between calls. Tag values stay text: ids would lose digits as numbers.
    const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, ignoreDeclaration: true });
    document = parser.parse(text, true);
  } catch {
    throw new PushRejected(reason, 'not well-formed XML');
  }
  const root = isFields(document) ? Object.values(document)[0] : undefined;
  if (!isFields(root)) throw new PushRejected(reason, 'XML without fields');
  return root;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
