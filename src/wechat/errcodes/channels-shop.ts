/** Codes of the Channels Shop's category, brand and shop calls. */
import { adviceAccount, adviceBug, adviceMend, adviceUploadAgain, type ErrcodeRow, row, say } from './row.ts';

const adviceCategory = say(
  '请核对类目 ID(须为可申请的叶子类目,按新类目树从一级到末级填写)后点「重新提交」(resubmit)。',
  'Check the category id (a leaf that can be applied for, with its path from the root), then press resubmit.',
);

const adviceOlder = say(
  '程序会先读取该类目的状态;若不是本次提交,请选择「跟踪该审核单」(adopt)或「撤回」(withdraw)。',
  'The state of the category is read first. If this is not our submission, follow it (adopt) or press withdraw.',
);

/** https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/ and the brand and shop pages. */
export const channelsShopCodes: readonly ErrcodeRow[] = [
  row(
    '10020064',
    'already-landed',
    '该类目审核中,无需重复提交',
    'this category is in review already',
    say(
      '该类目已有审核单:若是本次提交,程序会自动认领;若是他人提交,请选择「跟踪该审核单」(adopt)、「撤回」(withdraw)或等待结果。',
      'There is an open audit for this category. If it is ours it is found by itself; otherwise follow it (adopt), cancel it (withdraw) or wait.',
    ),
  ),
  row(
    '9700234',
    'mend-data',
    '资质组与类目要求不一致',
    'the licence groups do not match what the category requires',
    say(
      '请对照类目要求:每个资质组选一种资质并上传图片,补齐后点「重新提交」(resubmit)。',
      'Answer every licence group of the category with exactly one licence and its images, then press resubmit.',
    ),
  ),
  row(
    '9700250',
    'mend-data',
    '请使用新的类目申请协议',
    'the older form is refused: use licence groups',
    say(
      '该类目不再接受旧版资质:请改用资质组(licenses/…)提交后点「重新提交」(resubmit)。',
      'This category no longer takes the older form: give licenses/… instead of certificate, then press resubmit.',
    ),
  ),
  row(
    '10020062',
    'mend-data',
    '资质材料超限,最多不能超过 10 张',
    'more than 10 images in one list',
    say(
      '请把每一项的图片减到 10 张以内后点「重新提交」(resubmit)。',
      'Keep at most 10 images per list, then press resubmit.',
    ),
  ),
  row('10020063', 'mend-data', '不合法的类目 ID', 'illegal category id', adviceCategory),
  row('10020087', 'upload-again', '不合法的 file_id', 'illegal file id', adviceUploadAgain),
  row(
    '10020094',
    'mend-data',
    '必须使用上传资质接口获取 file_id',
    'the file id is not from the qualification upload',
    say(
      '图片不是通过「上传资质图片」接口得到的:请重新提供图片后点「重新提交」(resubmit)。',
      'The file id came from another upload: give the images again, then press resubmit.',
    ),
  ),
  row(
    '10020127',
    'mend-data',
    '该类目需要填写品牌',
    'this category needs a brand',
    say(
      '请填写店铺已生效的品牌(brandIds)后点「重新提交」(resubmit)。',
      'Give brandIds of valid brands of the shop, then press resubmit.',
    ),
  ),
  row(
    '10020232',
    'mend-data',
    '品牌力不满足准入要求',
    'the brand does not meet the entry bar',
    say('请换用满足要求的品牌后点「重新提交」(resubmit)。', 'Choose a brand that meets the bar, then press resubmit.'),
  ),
  row(
    '10020233',
    'needs-person',
    '平台正在对品牌进行品牌力评定,请稍后再申请',
    'the brand is being rated, apply later',
    say(
      '平台评定品牌期间无法申请,程序会慢速重试;评定完成后可点「重试」(retry)。',
      'Wait until the brand is rated; it is tried again slowly, or press retry.',
    ),
  ),
  row(
    '10020006',
    'mend-data',
    '不合法的审核单 ID',
    'illegal audit id',
    say(
      '请核对审核单号:审核已结束则无需撤回,程序会读取结果;也可点「立即查询」(readAuditNow)。',
      'Check the audit id. An audit that has ended needs no cancelling: its verdict is read; or press readAuditNow.',
    ),
  ),
  row('9401020', 'mend-data', '参数错误', 'bad parameter', adviceMend),
  row(
    '9401020',
    'mend-data',
    '参数错误,或没有这个审核单',
    'bad parameter, or no such audit',
    say(
      '请核对审核单号是否属于这个店铺,再点「跟踪该审核单」(adopt)。',
      'Check that the audit id belongs to this shop, then press adopt.',
    ),
    ['/shop/ec/category/getbizcatflowdetail'],
  ),
  row('10020079', 'mend-data', '不合法的三级类目 ID', 'illegal third-level category id', adviceCategory),
  row('10020017', 'mend-data', '不合法的类目 ID', 'illegal category id', adviceCategory),
  row('10020504', 'mend-data', '不是叶子类目', 'not a leaf category', adviceCategory),
  row(
    '10020105',
    'needs-person',
    '账号主体不是企业或个体工商户',
    'the account is neither a company nor a sole trader',
    adviceAccount,
  ),
  row(
    '10020050',
    'needs-person',
    '无权限调用品牌接口',
    'no permission for the brand calls',
    say(
      '请为第三方平台授予权限集 129 后点「重试」(retry)。',
      'Grant permission set 129 to the third-party platform, then press retry.',
    ),
  ),
  row('10020055', 'bug', '参数错误(品牌、图片接口)', 'bad parameter (brand and image calls)', adviceBug),
  row('10080000', 'needs-person', '店铺处于注销公示期', 'the shop is in its closing period', adviceAccount),
  row('10080001', 'needs-person', '店铺已注销', 'the shop is closed', adviceAccount),
  row('10080002', 'needs-person', '商家身份不正确', 'wrong seller identity', adviceAccount),
  // The two codes of the older component; the shop's pages do not have them.
  row('1050003', 'already-landed', '该类目已通过审核(旧版组件)', 'approved already (older component)', adviceOlder),
  row('1050009', 'already-landed', '该类目审核中(旧版组件)', 'in review already (older component)', adviceOlder),
];
