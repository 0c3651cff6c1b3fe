/** The yardstick's two activities: one HTTP call each, the same bytes as the product's, and no check of anything. */
import { Agent, request } from 'undici';

export type BareActivities = ReturnType<typeof createBareActivities>;

/** @param baseUrl of the stub. @param image what every upload sends. */
export function createBareActivities(baseUrl: string, image: Uint8Array) {
  const dispatcher = new Agent();
  const post = async (path: string, headers: Record<string, string>, body: Buffer): Promise<unknown> => {
    const answer = await request(`${baseUrl}${path}`, { dispatcher, method: 'POST', headers, body });
    return answer.body.json();
  };
  return {
    async upload(id: string, n: number): Promise<string> {
      const head = `--bench\r\nContent-Disposition: form-data; name="media"; filename="${n}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), image, Buffer.from('\r\n--bench--\r\n')]);
      const headers = { 'content-type': 'multipart/form-data; boundary=bench' };
      const answer = (await post(`/bare/upload?access_token=${encodeURIComponent(id)}`, headers, body)) as {
        data: { file_id: string };
      };
      return answer.data.file_id;
    },
    async submit(id: string, media: string[]): Promise<string> {
      const body = Buffer.from(JSON.stringify({ id, media }));
      const answer = (await post(`/bare/submit`, { 'content-type': 'application/json' }, body)) as { audit_id: number };
      return String(answer.audit_id);
    },
  };
}
