/** The image upload of the Mini Program. */
import type { CallOptions, Send } from '../call.ts';
import type { UploadFile } from '../multipart.ts';
import { type UploadedMedia, uploadedMedia } from './schema.ts';

/** The calls of this file. */
export interface MediaCalls {
  /** Uploads a jpg, png or gif (2 MB are safe; the page also says 10 MB). The media id is dead after 3 days. */
  uploadTemporaryMedia(file: UploadFile, options?: CallOptions): Promise<UploadedMedia>;
}

export function createMediaCalls(send: Send): MediaCalls {
  return {
    // https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
    uploadTemporaryMedia: (file, options) =>
      send({
        endpoint: 'mini-program/upload-temporary-media',
        query: { type: 'image' },
        file,
        answer: uploadedMedia,
        isErrcodeOptional: true,
        options,
      }),
  };
}
