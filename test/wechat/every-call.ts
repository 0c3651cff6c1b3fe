/** One call of every endpoint, with the input that its request sample shows and the result that its answer sample means. */
import type { CallOptions, EndpointName, WeChatClient } from '../../src/wechat/index.ts';

interface OneCall {
  make: (client: WeChatClient, options?: CallOptions) => Promise<unknown>;
  result: unknown;
  /** Made without a token: it is what a token is got with. */
  isTokenless?: true;
}

const shop = (client: WeChatClient) => client.channelsShop({ appId: 'APPID' });
const mini = (client: WeChatClient) => client.miniProgram({ appId: 'APPID', componentAppId: 'COMPONENT_APPID' });
const platform = (client: WeChatClient) => client.platform('COMPONENT_APPID');
const image = { bytes: Buffer.from('IMAGE'), filename: '营业执照 licence.jpg', contentType: 'image/jpeg' };
const permit = { key: '《因私出入境中介机构经营许可证》', mediaId: 'MEDIA_ID' };
const flow = {
  catId: '545716',
  auditId: '7001576218',
  status: '3',
  quaId: '1111610',
  createTime: 1743506333,
  updateTime: 1743510301,
  auditTime: 1743510301,
};
const listed = [
  { id: '0', children: ['8'], isSensitive: false },
  { id: '8', name: '教育', level: 1, children: ['39'], isSensitive: false },
  {
    id: '39',
    name: '出国移民',
    level: 2,
    father: '8',
    children: [],
    isSensitive: true,
    qualify: { alternatives: [[{ name: permit.key }]], remark: '<...>' },
  },
];

export const everyCall: Record<EndpointName, OneCall> = {
  'channels-shop/upload-qualification': {
    make: (client, options) => shop(client).uploadQualification(image, options),
    result: { fileId: 'THE_FILE_ID' },
  },
  'channels-shop/add-category': {
    make: (client, options) =>
      shop(client).addCategory(
        {
          catsV2: ['6033', '6057', '6091', '6093'],
          isNewApplyCat: true,
          licenseGroups: [
            {
              licenseGroupId: '1',
              licenseId: '2',
              fileIds: ['THE_FILE_ID_1'],
              fields: [{ key: 'audit_license_no', value: '12345678901234' }],
            },
          ],
          brandIds: ['1001'],
        },
        options,
      ),
    result: { auditId: '123456' },
  },
  'channels-shop/get-biz-cat-flow-detail': {
    make: (client, options) => shop(client).getBizCatFlowDetail('1234', options),
    result: flow,
  },
  'channels-shop/get-biz-cat-flow-list': {
    make: (client, options) => shop(client).getBizCatFlowList({ status: '1', offset: 0, limit: 2 }, options),
    result: [
      {
        catId: '6705',
        auditId: '7282166160',
        status: '1',
        quaId: '3',
        createTime: 1750236882,
        updateTime: 1750236882,
      },
      flow,
    ],
  },
  'channels-shop/get-category-relation-detail': {
    make: (client, options) => shop(client).getCategoryRelationDetail('1178', options),
    result: {
      categoryId: '1178',
      status: '2',
      uneffectiveReason: '<as above>',
      effectiveTime: 1686887176,
      uneffectiveTime: 1744296240,
      licenses: [],
    },
  },
  'channels-shop/get-category-relation-list': {
    make: (client, options) => shop(client).getCategoryRelationList({ status: '1' }, options),
    result: [
      { categoryId: '1072', status: '1', effectiveTime: 1716981765 },
      {
        categoryId: '1178',
        status: '2',
        uneffectiveReason: '<category retired 2025-04-22, split; pick a new one>',
        effectiveTime: 1686887176,
        uneffectiveTime: 1744296240,
      },
      { categoryId: '545716', status: '1', effectiveTime: 1743500419, quaId: '1111610' },
    ],
  },
  'channels-shop/cancel-category-audit': {
    make: (client, options) => shop(client).cancelCategoryAudit('123456', options),
    result: undefined,
  },
  'channels-shop/get-all-categories': {
    make: (client, options) => shop(client).getAllCategories(options),
    result: {
      cats: [
        [
          {
            catId: '1003',
            name: '假牙清洁',
            parentId: '1002',
            level: 3,
            qua: {
              quaId: 'xxx',
              needToApply: true,
              mandatory: true,
              licenseGroups: [
                {
                  licenseGroupId: '1',
                  description: '<...>',
                  isNecessary: true,
                  licenses: [
                    {
                      licenseId: '2',
                      name: '营业执照',
                      isNecessary: true,
                      fields: [{ key: 'audit_license_no', name: '证件编号', pattern: '^\\d{14}$', isNecessary: true }],
                    },
                  ],
                },
              ],
            },
          },
          { catId: '1002', name: '口腔护理', parentId: '1001', level: 2 },
          { catId: '1001', name: '个人护理', level: 1 },
        ],
      ],
      catsV2: [
        [
          {
            catId: '545709',
            name: '公路电子收费/ETC/OBU',
            parentId: '10000131',
            level: 3,
            isLeaf: true,
            qua: { quaId: '1111608', needToApply: true, tips: '<...>', mandatory: true, licenseGroups: [] },
          },
          { catId: '10000131', name: '车载电器', parentId: '10000126', level: 2, isLeaf: false },
          { catId: '10000126', name: '汽车', level: 1, isLeaf: false },
        ],
      ],
    },
  },
  'channels-shop/get-category-detail': {
    make: (client, options) => shop(client).getCategoryDetail('6194', options),
    result: {
      catId: '6194',
      name: '安全座椅',
      isLimitBrand: false,
      accessPermitRequired: false,
      brandIds: ['10000031', '10003026'],
      deposit: 500000,
    },
  },
  'channels-shop/get-valid-brands': {
    make: (client, options) => shop(client).getValidBrands({ pageSize: 50, nextKey: 'next_key_xxxx' }, options),
    result: {
      brands: [{ brandId: '10000083', enName: 'vivo', status: '3' }],
      totalNum: 3,
      nextKey: 'next_key_xxxx',
    },
  },
  'channels-shop/get-shop-info': {
    make: (client, options) => shop(client).getShopInfo(options),
    result: {
      nickname: 'NICKNAME',
      username: 'USERNAME',
      status: 'opening',
      subjectType: '企业',
      headimgUrl: 'HEADIMG_URL',
    },
  },
  'channels-shop/category-precheck': {
    make: (client, options) => shop(client).categoryPrecheck('6261', options),
    result: { allPass: true, failReasons: [] },
  },
  'mini-program/upload-temporary-media': {
    make: (client, options) => mini(client).uploadTemporaryMedia(image, options),
    result: { mediaId: 'MEDIA_ID', createdAt: 1234567890 },
  },
  'mini-program/get-category': {
    make: (client, options) => mini(client).getCategory(options),
    result: {
      categories: [
        {
          first: '8',
          second: '39',
          firstName: '教育',
          secondName: '出国移民',
          auditStatus: '1',
          isExpired: false,
        },
      ],
      limit: 5,
      quota: 4,
      categoryLimit: 20,
    },
  },
  'mini-program/add-category': {
    make: (client, options) =>
      mini(client).addCategory(
        { first: '8', second: '39', certificates: [{ ...permit, expireTime: 123456, isPermanent: true }] },
        options,
      ),
    result: undefined,
  },
  'mini-program/modify-category': {
    make: (client, options) =>
      mini(client).modifyCategory({ first: '8', second: '39', certificates: [permit] }, options),
    result: undefined,
  },
  'mini-program/delete-category': {
    make: (client, options) => mini(client).deleteCategory({ first: '1', second: '2' }, options),
    result: undefined,
  },
  'mini-program/get-all-categories': {
    make: (client, options) => mini(client).getAllCategories(options),
    result: listed,
  },
  'mini-program/get-categories-by-type': {
    make: (client, options) => mini(client).getCategoriesByType(1, options),
    result: listed,
  },
  'platform/component-token': {
    make: (client, options) => platform(client).getComponentToken({ secret: 'APPSECRET', ticket: 'TICKET' }, options),
    result: { accessToken: 'COMPONENT_ACCESS_TOKEN', expiresInSeconds: 7200 },
    isTokenless: true,
  },
  'platform/start-push-ticket': {
    make: (client, options) => platform(client).startPushTicket('APPSECRET', options),
    result: undefined,
    isTokenless: true,
  },
  'platform/query-auth': {
    make: (client, options) => platform(client).queryAuth('AUTHORIZATION_CODE', options),
    result: {
      authorizerAppId: 'AUTHORIZER_APPID',
      accessToken: 'AUTHORIZER_ACCESS_TOKEN',
      expiresInSeconds: 7200,
      refreshToken: 'AUTHORIZER_REFRESH_TOKEN',
      permissionSets: ['1', '30'],
    },
  },
  'platform/authorizer-token': {
    make: (client, options) =>
      platform(client).getAuthorizerToken(
        { authorizerAppId: 'AUTHORIZER_APPID', refreshToken: 'AUTHORIZER_REFRESH_TOKEN' },
        options,
      ),
    result: {
      accessToken: 'AUTHORIZER_ACCESS_TOKEN',
      expiresInSeconds: 7200,
      refreshToken: 'NEXT_AUTHORIZER_REFRESH_TOKEN',
    },
  },
  'platform/get-authorizer-info': {
    make: (client, options) => platform(client).getAuthorizerInfo('AUTHORIZER_APPID', options),
    result: { name: 'NICK_NAME', ghId: 'gh_c43395cb652e', principal: '个人', permissionSets: ['1', '30'] },
  },
  'platform/get-authorizer-list': {
    make: (client, options) => platform(client).getAuthorizerList({ offset: 0, count: 100 }, options),
    result: {
      totalCount: 2,
      authorizers: [
        { authorizerAppId: 'AUTHORIZER_APPID_1', refreshToken: 'REFRESH_TOKEN_1', authTime: 1558000607 },
        { authorizerAppId: 'AUTHORIZER_APPID_2', authTime: 1558000608 },
      ],
    },
  },
};
