/** Codes of the calls that give out access tokens, for own accounts and for third-party platforms. */
import {
  adviceAccount,
  adviceAuthorise,
  adviceBug,
  adviceCredentials,
  adviceTokenService,
  type ErrcodeRow,
  row,
  say,
} from './row.ts';

/** Calls that send a secret themselves: there 40001 speaks of the secret, not of a token. */
const tokenEndpoints = [
  '/cgi-bin/stable_token',
  '/cgi-bin/token',
  '/cgi-bin/component/api_component_token',
  '/cgi-bin/component/api_start_push_ticket',
];

/** https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken and the ticket and token pages. */
export const tokenCodes: readonly ErrcodeRow[] = [
  row('40001', 'needs-person', 'AppSecret 错误', 'the secret is wrong', adviceCredentials, tokenEndpoints),
  row('40002', 'bug', 'grant_type 不合法', 'bad grant_type', adviceBug),
  row('40125', 'needs-person', 'AppSecret 无效', 'the secret is invalid', adviceCredentials),
  row(
    '40243',
    'needs-person',
    'AppSecret 已被冻结',
    'the secret is frozen',
    say(
      '请账号管理员在后台解冻或重置 AppSecret(重置后更新账号配置),然后点「重试」(retry)。',
      'The administrator must unfreeze or reset the secret in the console (after a reset: update the accounts file), then press retry.',
    ),
  ),
  row('41002', 'bug', '缺少 appid', 'appid is missing', adviceBug),
  row('41004', 'needs-person', '缺少 secret', 'secret is missing', adviceCredentials),
  row('41018', 'bug', '缺少 component_appid', 'component_appid is missing', adviceBug),
  row('42007', 'needs-person', '用户修改密码,令牌已失效', 'the owner changed the password', adviceAuthorise),
  row('50004', 'needs-person', '禁止使用 token 接口', 'the account may not fetch tokens', adviceAccount),
  row('50007', 'needs-person', '账号已冻结', 'the account is frozen', adviceAccount),
  row(
    '89503',
    'needs-person',
    '此 IP 调用需要管理员确认',
    'the administrator must confirm this IP',
    say(
      '请账号管理员在微信中确认本次调用,然后点「重试」(retry)。',
      'The administrator must confirm the call in WeChat; then press retry.',
    ),
  ),
  row(
    '89506',
    'needs-person',
    '管理员拒绝此 IP,24 小时内不可再试',
    'the administrator refused this IP twice, for 24 hours',
    say('24 小时后请管理员同意,再点「重试」(retry)。', 'After 24 hours let the administrator agree, then press retry.'),
  ),
  row(
    '89507',
    'needs-person',
    '管理员拒绝此 IP,1 小时内不可再试',
    'the administrator refused this IP, for 1 hour',
    say('1 小时后请管理员同意,再点「重试」(retry)。', 'After 1 hour let the administrator agree, then press retry.'),
  ),
  row(
    '61003',
    'needs-person',
    '该账号未授权给第三方平台',
    'the account has not authorised the platform',
    adviceAuthorise,
  ),
  row('61005', 'needs-person', 'component_verify_ticket 已过期', 'the ticket has expired', adviceTokenService),
  row('61006', 'needs-person', 'component_verify_ticket 无效', 'the ticket is invalid', adviceTokenService),
  row('61011', 'needs-person', 'component 无效', 'bad component', adviceTokenService),
  row('61014', 'needs-person', '需要 component_access_token', 'a component token is needed', adviceTokenService),
  row('61023', 'needs-person', 'refresh_token 无效', 'the refresh token is invalid', adviceAuthorise),
];
