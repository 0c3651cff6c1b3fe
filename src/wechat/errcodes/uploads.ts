/** Codes of the image uploads of both platforms. */
import { adviceBug, adviceImage, adviceRetry, type ErrcodeRow, row, say } from './row.ts';

const adviceFormat = say(
  '文件内容或扩展名不是 jpg、png、gif:请重新导出为 jpg 或 png 后点「重新提交」(resubmit)。',
  'Content or extension is not jpg, png or gif: export the image as jpg or png, then press resubmit.',
);

/** The upload pages: qualificationupload, img_upload (shop) and api_uploadtempmedia (Mini Program). */
export const uploadCodes: readonly ErrcodeRow[] = [
  row('40004', 'bug', '媒体类型不合法', 'illegal media type', adviceBug),
  row('40005', 'mend-data', '文件格式不支持', 'the file format is not supported', adviceFormat),
  row('40006', 'mend-data', '文件过大', 'the file is too large', adviceImage),
  row('40009', 'mend-data', '图片过大', 'the image is too large', adviceImage),
  row('41005', 'bug', '缺少文件内容或文件名', 'file or file name is missing', adviceBug),
  row('44001', 'mend-data', '文件为空', 'the file is empty', adviceImage),
  row('45001', 'mend-data', '文件大小超过限制', 'the file is over the size limit', adviceImage),
  row('10020056', 'mend-data', '图片格式不支持', 'the image format is not supported', adviceFormat),
  row('10020057', 'retry-now', '下载图片超时', 'the source of the image took longer than 2 s', adviceRetry),
  row('10020058', 'retry-now', '图片上传失败,请重试', 'the upload failed, try again', adviceRetry),
  row('10020059', 'mend-data', '图片为空', 'the image is empty', adviceImage),
  row('10020060', 'mend-data', '图片超过 2 MB', 'the image is over 2 MB', adviceImage),
  row('10020061', 'bug', '图片地址不合法', 'illegal image address', adviceBug),
  row('10020193', 'bug', '图片地址发生跳转', 'the image address redirects', adviceBug),
  row('10020253', 'bug', '图片地址不存在', 'the image address answers 404', adviceBug),
  row('10020254', 'bug', '图片地址缺少协议', 'the image address has no scheme', adviceBug),
  row('10020331', 'bug', '请求缺少 Content-Length', 'Content-Length is missing', adviceBug),
];
