/** Times as whoever reads them has them on the clock; JSON and pipes keep UTC. */

export interface LocalTime {
  /** `Asia/Shanghai` */
  zone: string;
  /** `2026-11-25 16:52:59`; a text that is no time stays as it is. */
  of(iso: string): string;
}

/** The zone of the terminal: `TZ`, or that of the machine. */
export function localTimeOf(env: { TZ?: string | undefined }): LocalTime {
  const format = formatIn(env.TZ) ?? formatIn(undefined);
  return {
    zone: format?.resolvedOptions().timeZone ?? 'UTC',
    of: (iso) => {
      const at = Date.parse(iso);
      return Number.isNaN(at) || format === undefined ? iso : format.format(at);
    },
  };
}

/** Swedish writes dates as ISO 8601 does. A name that nobody knows gives `undefined`. */
function formatIn(timeZone: string | undefined): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('sv-SE', {
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
      ...(timeZone ? { timeZone } : {}),
    });
  } catch {
    return undefined;
  }
}
