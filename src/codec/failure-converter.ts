/** Puts messages and stacks of failures into payloads, where the codec encrypts them. Loaded by path: worker and bundle. */
import { DefaultFailureConverter } from '@temporalio/common';

/** The name that Temporal's SDK looks for. The type of a failure stays readable; every converter reads both forms. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
