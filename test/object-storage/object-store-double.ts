/** A small S3-compatible storage for tests: it computes every SigV4 signature anew with node:crypto, and believes no digest. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const doubleKey = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

export interface StoreDouble {
  endpoint: string;
  /** `bucket/key` -> bytes. */
  objects: Map<string, Buffer>;
  /** `PUT bucket/key`, in order. */
  requests: string[];
  /** Answers in place of the next requests; `undefined` resets the connection, `'hang'` never answers. */
  next: ({ status: number; code?: string; headers?: Record<string, string> } | 'reset' | 'hang')[];
  /** Whether it keeps and shows checksums, as AWS and MinIO do. */
  knowsChecksums: boolean;
  /** The clock that it compares with, ms ahead. */
  clockAheadMs: number;
  close(): Promise<void>;
}

export async function createStoreDouble(o: { sessionToken?: string; region?: string } = {}): Promise<StoreDouble> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => answer(double, o, request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: StoreDouble = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    requests: [],
    next: [],
    knowsChecksums: true,
    clockAheadMs: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return double;
}

function answer(
  double: StoreDouble,
  { sessionToken, region = 'cn-north-1' }: { sessionToken?: string; region?: string },
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const refuse = (status: number, code: string, headers: Record<string, string> = {}) => {
    const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message><RequestId>1</RequestId></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml', ...headers });
    response.end(request.method === 'HEAD' ? '' : text);
  };
  const [rawPath = '', rawQuery = ''] = (request.url ?? '').split('?');
  const path = rawPath.split('/').map(decodeURIComponent).join('/').slice(1);
  double.requests.push(`${request.method} ${path}`);
  const next = double.next.shift();
  if (next === 'reset') return void request.socket.resetAndDestroy();
  if (next === 'hang') return;
  if (next !== undefined) return refuse(next.status, next.code ?? '', next.headers);

  const date = String(request.headers['x-amz-date']);
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() + double.clockAheadMs - at) < 15 * 60_000)) return refuse(403, 'RequestTimeTooSkewed');
  if (request.headers['x-amz-security-token'] !== sessionToken) return refuse(400, 'InvalidToken');
  if (request.headers.authorization !== signatureOf(request, rawPath, rawQuery, date, region))
    return refuse(403, 'SignatureDoesNotMatch');
  const digest = createHash('sha256').update(body).digest();
  const said = request.headers['x-amz-content-sha256'];
  if (said !== 'UNSIGNED-PAYLOAD' && said !== digest.toString('hex')) return refuse(400, 'XAmzContentSHA256Mismatch');
  const checksum = request.headers['x-amz-checksum-sha256'];
  if (checksum !== undefined && checksum !== digest.toString('base64')) return refuse(400, 'BadDigest');

  if (request.method === 'PUT') {
    double.objects.set(path, body);
    return void response.writeHead(200).end();
  }
  if (rawQuery !== '') {
    const prefix = path + (new URLSearchParams(rawQuery).get('prefix') ?? '');
    const keys = [...double.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(path.length));
    const text = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    return void response.writeHead(200).end(`<ListBucketResult>${text}</ListBucketResult>`);
  }
  const kept = double.objects.get(path);
  if (kept === undefined) return refuse(404, 'NoSuchKey');
  const shows = double.knowsChecksums && request.headers['x-amz-checksum-mode'] === 'ENABLED';
  const keptDigest = createHash('sha256').update(kept).digest('base64');
  response.writeHead(200, {
    'content-length': kept.length,
    ...(shows ? { 'x-amz-checksum-sha256': keptDigest } : {}),
  });
  response.end(request.method === 'HEAD' ? '' : kept);
}

/** The Authorization header as AWS describes it ("Signature Version 4"), from what has arrived. */
function signatureOf(request: IncomingMessage, path: string, query: string, date: string, region: string): string {
  const signed = /SignedHeaders=([^,]*)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const sign = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const encode = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) => {
        const letter = String.fromCharCode(byte);
        return /[A-Za-z0-9_.~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      })
      .join('');
  const canonical = [
    request.method,
    path
      .split('/')
      .map((one) => encode(decodeURIComponent(one)))
      .join('/'),
    [...new URLSearchParams(query)]
      .map(([k, v]) => `${encode(k)}=${encode(v)}`)
      .sort()
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${String(request.headers[name]).trim().replace(/\s+/g, ' ')}`),
    '',
    signed,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = ['s3', 'aws4_request'].reduce(sign, sign(sign(`AWS4${doubleKey.secretAccessKey}`, day), region));
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${doubleKey.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}
