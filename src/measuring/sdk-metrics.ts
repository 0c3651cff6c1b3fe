/** The metrics that Temporal's SDK serves on an address of its own, to be shown together with ours. */

export interface SdkMetrics {
  contentType: 'text/plain; version=0.0.4; charset=utf-8';
  /** A comment instead of metrics where they can't be had: the others are worth showing all the same. */
  metrics(): Promise<string>;
}

/** `url` is of this machine, and not asked more often than somebody asks us. */
export function sdkMetrics(url: string, withinMs = 5_000): SdkMetrics {
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    async metrics() {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), withinMs);
      try {
        const answer = await fetch(url, { signal: controller.signal });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        return await answer.text();
      } catch {
        return "# The metrics of Temporal's SDK could not be read.\n";
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
