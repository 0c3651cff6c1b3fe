/** Every call of this client: its name (also that of its samples), method and path. */

/** One address of WeChat's. */
export interface Endpoint {
  method: 'GET' | 'POST';
  path: string;
}

/** The endpoints by name; the page of each stands above the function that calls it. */
export const endpoints = {
  'channels-shop/upload-qualification': { method: 'POST', path: '/shop/ec/basics/qualification/upload' },
  'channels-shop/add-category': { method: 'POST', path: '/channels/ec/category/add' },
  'channels-shop/get-biz-cat-flow-detail': { method: 'POST', path: '/shop/ec/category/getbizcatflowdetail' },
  'channels-shop/get-biz-cat-flow-list': { method: 'POST', path: '/shop/ec/category/getbizcatflowlist' },
  'channels-shop/get-category-relation-detail': {
    method: 'POST',
    path: '/shop/ec/category/get_category_relation_detail',
  },
  'channels-shop/get-category-relation-list': { method: 'POST', path: '/shop/ec/category/get_category_relation_list' },
  'channels-shop/cancel-category-audit': { method: 'POST', path: '/shop/ec/category/audit/cancel' },
  'channels-shop/get-all-categories': { method: 'GET', path: '/shop/ec/category/all' },
  'channels-shop/get-category-detail': { method: 'POST', path: '/shop/ec/category/detail' },
  'channels-shop/get-valid-brands': { method: 'POST', path: '/channels/ec/brand/valid/list/get' },
  'channels-shop/get-shop-info': { method: 'GET', path: '/channels/ec/basics/info/get' },
  'channels-shop/category-precheck': { method: 'POST', path: '/channels/ec/product/categoryprecheck' },
  'mini-program/upload-temporary-media': { method: 'POST', path: '/cgi-bin/media/upload' },
  'mini-program/get-category': { method: 'GET', path: '/cgi-bin/wxopen/getcategory' },
  'mini-program/add-category': { method: 'POST', path: '/cgi-bin/wxopen/addcategory' },
  'mini-program/modify-category': { method: 'POST', path: '/cgi-bin/wxopen/modifycategory' },
  'mini-program/delete-category': { method: 'POST', path: '/cgi-bin/wxopen/deletecategory' },
  'mini-program/get-all-categories': { method: 'GET', path: '/cgi-bin/wxopen/getallcategories' },
  'mini-program/get-categories-by-type': { method: 'POST', path: '/cgi-bin/wxopen/getcategoriesbytype' },
  'platform/component-token': { method: 'POST', path: '/cgi-bin/component/api_component_token' },
  'platform/start-push-ticket': { method: 'POST', path: '/cgi-bin/component/api_start_push_ticket' },
  'platform/query-auth': { method: 'POST', path: '/cgi-bin/component/api_query_auth' },
  'platform/authorizer-token': { method: 'POST', path: '/cgi-bin/component/api_authorizer_token' },
  'platform/get-authorizer-info': { method: 'POST', path: '/cgi-bin/component/api_get_authorizer_info' },
  'platform/get-authorizer-list': { method: 'POST', path: '/cgi-bin/component/api_get_authorizer_list' },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof endpoints;
