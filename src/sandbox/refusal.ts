/** The two ways in which the sandbox says no: as WeChat does, and as its own control API does. */

/** WeChat's refusal: HTTP 200 with `errcode` and an `errmsg` that ends in a rid. */
export class Refusal extends Error {
  readonly errcode: number;

  constructor(errcode: number, text: string) {
    super(text);
    this.name = 'Refusal';
    this.errcode = errcode;
  }
}

/** The control API's refusal: HTTP 4xx with one sentence that names the field. */
export class BadControlRequest extends Error {
  readonly httpStatus: number;

  constructor(sentence: string, httpStatus = 400) {
    super(sentence);
    this.name = 'BadControlRequest';
    this.httpStatus = httpStatus;
  }
}
