/** Codes of the Mini Program's category calls. */
import { adviceBug, adviceMend, adviceUploadAgain, type ErrcodeRow, row, say } from './row.ts';

/** https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/ */
export const miniProgramCodes: readonly ErrcodeRow[] = [
  row(
    '40007',
    'upload-again',
    'media_id 无效或已过期(3 天)',
    'the media_id is invalid or older than 3 days',
    adviceUploadAgain,
  ),
  row('41006', 'bug', '缺少 media_id', 'media_id is missing', adviceBug),
  row(
    '41033',
    'needs-person',
    '只允许通过接口创建的小程序调用',
    'only Mini Programs created through the API may be changed by this call',
    say(
      '请在小程序后台(mp.weixin.qq.com)手动办理该类目:通过后程序会自己发现并结束;不再办理请点「撤回」(withdraw)。',
      'Do this category by hand in the console (mp.weixin.qq.com): the case ends by itself once it is in force. Press withdraw to give it up.',
    ),
  ),
  row(
    '53300',
    'needs-person',
    '超出每月次数限制',
    'over the monthly number of changes',
    say(
      '请等到下月额度恢复,或在小程序后台手动添加,然后点「重试」(retry)。',
      'Wait for next month, or add it in the console; then press retry.',
    ),
  ),
  row(
    '53301',
    'needs-person',
    '超出可配置类目总数限制',
    'over the total number of categories',
    say('请先在后台删除一个不用的类目,再点「重试」(retry)。', 'Delete a category that is not used, then press retry.'),
  ),
  row(
    '53302',
    'needs-person',
    '当前账号主体类型不允许设置此类目',
    'the subject type of the account may not have this category',
    say(
      '请点「撤回」(withdraw)后改用该主体类型允许的类目;更换主体后可点「重试」(retry)。',
      'Press withdraw and start a case for a category that this subject type may have; after a change of the subject press retry.',
    ),
  ),
  row('53303', 'mend-data', '提交的参数不合法', 'the parameters are not legal', adviceMend),
  row(
    '53304',
    'already-landed',
    '与已有类目重复',
    'the category is set already',
    say(
      '该类目已存在:若是本次提交,程序会自动认领;若曾被驳回,请修改材料后点「重新提交」(resubmit)。',
      'The category exists already. If it is our submission it is found by itself; if it was rejected, mend the material and press resubmit.',
    ),
  ),
  row(
    '53305',
    'needs-person',
    '包含未通过 ICP 校验的类目',
    'a category fails the ICP check',
    say('请先完成 ICP 备案或许可,再点「重试」(retry)。', 'Complete the ICP filing or licence first, then press retry.'),
  ),
  row(
    '53306',
    'mend-data',
    '修改类目只允许修改资质,不允许修改类目 ID',
    'modify may change the material only; this category is not set',
    say(
      '该小程序尚未设置此类目:请核对类目 ID 后点「重新提交」(resubmit)以新增。',
      'The category is not set: check its ids and press resubmit to add it.',
    ),
  ),
  row(
    '53307',
    'already-landed',
    '只有审核失败的类目允许修改',
    'only a rejected category may be modified',
    say(
      '该类目正在审核或已通过:程序会先读取状态;正在审核而非本次提交的,请点「跟踪该审核单」(adopt);已通过而要换证的,请在小程序后台办理。',
      'The category is in review or passed: its state is read first. A review that is not ours can be followed (adopt); to renew a passed one, use the console.',
    ),
  ),
  row(
    '53308',
    'needs-person',
    '审核中的类目不允许删除',
    'a category in review may not be deleted',
    say(
      '请等待审核结果后再删除,然后点「重试」(retry)。',
      'Wait for the verdict and delete then; press retry afterwards.',
    ),
  ),
  row(
    '53309',
    'needs-person',
    '社交红包类目不允许删除',
    'the category of social red packets may not be deleted',
    say(
      '该类目不能删除:请换一个类目删除以腾出名额,再点「重试」(retry)。',
      'This one cannot be deleted: delete another category to make room, then press retry.',
    ),
  ),
  row(
    '53310',
    'needs-person',
    '超出类目上限,可附 apply_reason 申请更多',
    'over the category limit; more can be applied for with a reason',
    say(
      '请在小程序后台删除类目或申请提高上限,再点「重试」(retry)。',
      'Delete a category or apply for more in the console, then press retry.',
    ),
  ),
  row(
    '53311',
    'mend-data',
    '需要提交资料信息',
    'material must be submitted',
    say(
      '请按类目要求补充资质图片后点「重新提交」(resubmit)。',
      'Add the documents that the category requires, then press resubmit.',
    ),
  ),
  row(
    '86000',
    'needs-person',
    '不是由第三方平台代为调用',
    'not called by a third-party platform',
    say(
      '该接口只能由第三方平台代调用:请检查账号配置与令牌服务,须使用 authorizer_access_token 而非小程序自己的令牌,改好后点「重试」(retry)。',
      'Only a platform may make this call: check the accounts file and the token service (an authorizer_access_token, not the own token of the Mini Program), then press retry.',
    ),
  ),
];
