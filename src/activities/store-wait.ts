/** How long an activity waits for our own store: an answer of WeChat must not be lost to a database that hangs. */

export const storeTimeoutMs = 3_000;

/** @throws Error when the store has not answered in time; what it does afterwards is nobody's concern. */
export async function fromStore<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${storeTimeoutMs} ms`)), storeTimeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
