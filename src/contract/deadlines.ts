/** How long a case may wait: Temporal has no timer of any length. */
export const longestDeadlineMs = 3650 * 24 * 3600 * 1000;
