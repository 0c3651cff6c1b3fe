/** The one error of this folder: a push that must not be believed. */

/** Why a push was refused. Only `too-old`, `wrong-appid` and `bad-message` come from a sender that knows the Token. */
export type PushRejectedReason =
  | 'bad-query'
  | 'bad-body'
  | 'bad-signature'
  | 'too-old'
  | 'bad-key'
  | 'bad-ciphertext'
  | 'wrong-appid'
  | 'bad-message';

/** Thrown for every push that is not authentic or not readable. It never carries the body, the Token or a key. */
export class PushRejected extends Error {
  override readonly name = 'PushRejected';
  /** What is wrong, for counters and for choosing the HTTP status. */
  readonly reason: PushRejectedReason;

  constructor(reason: PushRejectedReason, detail: string) {
    super(`${reason}: ${detail}`);
    this.reason = reason;
  }
}
